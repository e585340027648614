"""``embedded:NAME``: the small checkpoints that come with failscape, in the formats of Hugging Face and diffusers."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from failscape.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from failscape.targets.classifiers.classifier import Classifier
    from failscape.targets.diffusion.text_to_image import TextToImage
    from failscape.targets.encoders.base import Encoder
    from failscape.targets.summarizers.summarizer import Summarizer

INDICES = ("config.json", "model_index.json")  # one of which each checkpoint has


def load(name: str, device: str = "auto", **options: str) -> Classifier | Summarizer | Encoder | TextToImage:
    """The embedded checkpoint ``name``, with the options that its kind has in ``hf:`` or ``diffusers:``.

    Raises:
        UsageError: For an unknown name or option, with the closest one.
    """
    from failscape.targets import huggingface  # heavy, and the registry lists names without it

    folder = embedded_folder(name)
    if (folder / "model_index.json").is_file():
        from failscape.targets.diffusion import pipeline

        return pipeline.load_folder(folder, f"embedded:{name}", device, **options)
    return huggingface.load_folder(folder, f"embedded:{name}", device, options)


def embedded_folder(name: str) -> Path:
    """The folder of the embedded checkpoint ``name``.

    Raises:
        UsageError: For an unknown name, with the closest one.
    """
    if name not in names():
        raise UsageError(f"no embedded target '{name}'{did_you_mean(name, names())}")
    return _checkpoints() / name


def names() -> list[str]:
    """Every embedded checkpoint."""
    return sorted(file.parent.name for file in _checkpoints().glob("*/*.json") if file.name in INDICES)


def _checkpoints() -> Path:
    return Path(str(files("failscape.targets"))) / "checkpoints"
