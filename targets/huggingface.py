"""``hf:ORG/NAME`` or ``hf:FOLDER``: image classifiers in Hugging Face format."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoImageProcessor, AutoModelForImageClassification
from transformers.utils import logging

from failscape.errors import UsageError, did_you_mean
from failscape.targets.classifier import Classifier
from failscape.targets.hub import hub_folder
from failscape.targets.preprocess import Preprocess
from failscape.targets.weights import UNSAFE, first_line

FILES = (
    "config.json",
    "preprocessor_config.json",
    "processor_config.json",
    "model.safetensors",
    "model-*-of-*.safetensors",
    "model.safetensors.index.json",
)


def load(name: str, device: str = "auto", *, revision: str = "") -> Classifier:
    """An image classifier from a local folder, the local cache or the hub, in float32; its code is never executed.

    Args:
        name: A folder with ``config.json``, weights and ``preprocessor_config.json``, or ``ORG/NAME`` on the hub.
            Pickled weights (``.bin``) load from a folder only, and only where they are nothing but tensors.
        device: Where it runs.
        revision: Branch, tag or commit on the hub.

    Raises:
        UsageError: Where it cannot be had, is no image classifier, or its last layer was never trained.
    """
    uri = f"hf:{name}"
    folder = _folder(name, uri, revision)
    module = _module(folder, uri)
    processor = _load(AutoImageProcessor, folder, uri)
    names = [module.config.id2label[i] for i in range(module.config.num_labels)]
    return Classifier(module, Preprocess.from_hf(processor), names, name=uri, device=device)


def _folder(name: str, uri: str, revision: str) -> Path:
    folder = Path(name).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise UsageError(
                f"{name} has no config.json, so it is not in Hugging Face format (save_pretrained writes it)"
            )
        return folder
    if folder.is_absolute() or name.startswith(".") or (folder.parent != Path(".") and folder.parent.is_dir()):
        siblings = [str(other) for other in folder.parent.glob("*") if other.is_dir()]
        raise UsageError(f"there is no folder {name}{did_you_mean(str(folder), siblings)}")
    return hub_folder(name, uri, FILES, "folder: --target hf:path/to/folder", revision or None)


def _module(folder: Path, uri: str) -> Any:
    safe = any(folder.glob("*.safetensors"))
    if not safe and not any(folder.glob("pytorch_model*.bin")):
        raise UsageError(f"{uri} has no weights in .safetensors format ({folder}); save_pretrained writes them")
    module, report = _load(
        AutoModelForImageClassification,
        folder,
        uri,
        dtype=torch.float32,
        use_safetensors=safe,
        weights_only=True,
        output_loading_info=True,
    )
    if report["missing_keys"]:
        keys = ", ".join(sorted(report["missing_keys"])[:3])
        raise UsageError(f"{uri} is a base model without a trained classifier: its weights lack {keys}")
    return module


def _load(auto_class: Any, folder: Path, uri: str, **options: Any) -> Any:
    try:
        with _quiet():
            return auto_class.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False, **options)
    except pickle.UnpicklingError:
        raise UsageError(f"the weights file of {uri} {UNSAFE}") from None
    except (OSError, ValueError, RuntimeError, KeyError, ImportError, SafetensorError) as error:
        raise UsageError(f"{uri} cannot be loaded as an image classifier: {first_line(error)}") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Without transformers' bars and reports: what matters in them is checked, and said in one line."""
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
