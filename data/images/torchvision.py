"""The datasets of torchvision by name: ``torchvision:CIFAR10?root=DIR&split=test``."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from failscape.common.format import first_sentence
from failscape.common.label_rules import LabelRule
from failscape.common.uri import check_options, typed
from failscape.data.base import Skipped, Unreadable
from failscape.data.images.decode import decode, upright_rgb
from failscape.data.images.warnings_off import no_warnings
from failscape.errors import UsageError, did_you_mean

_LABELS = ("targets", "labels", "_labels", "y")  # torchvision has no common name for them
_PAIRS = ("samples", "_samples")
_UNPICKLED = (
    "LSUN",
    "LSUNClass",
)  # unpickle a file that nothing vouches for; CIFAR's have a checksum


class TorchvisionSource:
    """One split of a torchvision dataset of images with one class each; labels index ``group_names``.

    Nothing is downloaded unless ``download=true``. Items that have no class (a negative label) are left out.

    Args:
        name: the class in ``torchvision.datasets``.
        options: ``root`` (required), ``split`` (``test`` unless given; ``train`` or ``test`` where the dataset knows no
            other), ``download``, and the dataset's own options of text, number or truth value (``size=160px``).

    Raises:
        UsageError: no such dataset or option, its files are not there, or it is not a classification dataset.
    """

    notes: tuple[str, ...] = ()
    label_rules: tuple[LabelRule, ...] = ()

    def __init__(self, name: str, options: Mapping[str, str]) -> None:
        where = f"torchvision:{name}"
        self._dataset = _open(where, _dataset_class(name), options)
        labels = _labels(self._dataset)
        if labels is None or not hasattr(self._dataset, "classes"):
            raise UsageError(f"{where} does not give every image one of a list of classes; choose a dataset that does")
        # ImageNet's classes are tuples of synonyms.
        self.group_names: Sequence[str] = [
            name if isinstance(name, str) else ", ".join(name) for name in self._dataset.classes
        ]
        self._kept = np.flatnonzero(labels >= 0)
        if not len(self._kept):
            raise UsageError(f"{where} has no labels in this split; choose another with split=")
        self.labels = labels[self._kept]
        prefix = f"{name}/{options.get('split', 'test')}"
        self.names: Sequence[str] = [f"{prefix}/{index:06d}" for index in self._kept]
        self.skipped: list[Skipped] = []

    def load(self, index: int) -> Image.Image:
        """One picture, in RGB and upright.

        Raises:
            Unreadable: see ``decode``.
        """
        with no_warnings():
            try:
                image = self._dataset[int(self._kept[index])][0]
            except Unreadable:
                raise
            except Exception as error:  # the dataset opens the file itself, and fails as its decoder does
                raise Unreadable("truncated" if "truncated" in str(error) else "corrupt") from None
        return upright_rgb(image)


def _dataset_class(name: str) -> type:
    import torchvision

    if name in _UNPICKLED:
        raise UsageError(f"torchvision:{name} is not read: it keeps a list as a pickle, which could run code")
    found = getattr(torchvision.datasets, name, None) if name in torchvision.datasets.__all__ else None
    if found is None:
        guess = did_you_mean(name, torchvision.datasets.__all__)
        raise UsageError(f"torchvision has no dataset {name!r}{guess or '; see torchvision.datasets for the names'}")
    return found


def _open(where: str, dataset: type, options: Mapping[str, str]) -> Any:
    arguments = _arguments(where, dataset, options)
    remedy = "add &download=true, or give the folder that holds it as root="
    try:
        with no_warnings():
            return dataset(**arguments)
    except (ValueError, TypeError) as error:  # a split or an option the dataset does not know
        raise UsageError(f"{where}: {first_sentence(error)}") from None
    except (RuntimeError, OSError) as error:  # the files are missing or broken, or the download failed
        raise UsageError(
            f"{where} cannot be read from {arguments['root']}: {first_sentence(error)}\n{remedy}"
        ) from None


def _arguments(where: str, dataset: type, options: Mapping[str, str]) -> dict[str, Any]:
    """The constructor's arguments; ``split`` is what the dataset calls ``split``, ``image_set`` or ``train``."""
    parameters = inspect.signature(dataset).parameters
    split_name = next((key for key in ("split", "image_set", "train") if key in parameters), None)
    known = {key: value.default for key, value in parameters.items() if isinstance(value.default, (str, int))}
    known.pop(split_name or "", None)
    known |= {"root": ""} | ({"split": "test"} if split_name else {})
    check_options(where, options, known)
    if "root" not in options:
        raise UsageError(f"{where} needs the folder that holds it: {where}?root=DIR")
    chosen: dict[str, Any] = {key: typed(where, key, value, known[key]) for key, value in options.items()}
    chosen["root"] = Path(chosen["root"]).expanduser()
    if split_name:
        split = chosen.pop("split", "test")
        chosen[split_name] = _is_train(where, split) if split_name == "train" else split
    if "download" in parameters:
        chosen.setdefault("download", False)  # some datasets download by default
    if "loader" in parameters:
        chosen["loader"] = _load_file
    return chosen


def _load_file(path: str | Path) -> Image.Image:
    return decode(Path(path))


def _is_train(where: str, split: str) -> bool:
    if split not in ("train", "test"):
        raise UsageError(f"{where} has no split {split!r}; known: test, train")
    return split == "train"


def _labels(dataset: Any) -> np.ndarray | None:
    """``(N,)`` int64, or None where the dataset does not hold one integer per item."""
    found = next((getattr(dataset, key) for key in _LABELS if hasattr(dataset, key)), None)
    if found is None:
        pairs = next((getattr(dataset, key) for key in _PAIRS if hasattr(dataset, key)), None)
        found = None if pairs is None else [pair[1] for pair in pairs]
    try:
        labels = np.asarray(found)
    except ValueError:  # lists of different lengths
        return None
    whole = labels.ndim == 1 and len(labels) == len(dataset) and np.issubdtype(labels.dtype, np.integer)
    return labels.astype(np.int64) if whole else None
