"""``embedded:NAME``: the small checkpoints that come with failscape, in the ordinary Hugging Face format."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from failscape.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from failscape.targets.classifiers.classifier import Classifier
    from failscape.targets.encoders.base import Encoder
    from failscape.targets.summarizers.summarizer import Summarizer


def load(name: str, device: str = "auto", **options: str) -> Classifier | Summarizer | Encoder:
    """The embedded checkpoint ``name``, with the options that its kind has in ``hf:``.

    Raises:
        UsageError: For an unknown name or option, with the closest one.
    """
    from failscape.targets import huggingface  # heavy, and the registry lists names without it

    return huggingface.load_folder(embedded_folder(name), f"embedded:{name}", device, options)


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
    return sorted(config.parent.name for config in _checkpoints().glob("*/config.json"))


def _checkpoints() -> Path:
    return Path(str(files("failscape.targets"))) / "checkpoints"
