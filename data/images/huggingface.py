"""Datasets in Hugging Face's formats, from the hub or a local folder: ``hf:NAME_OR_FOLDER?split=test``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from failscape.common.label_rules import LabelRule
from failscape.common.uri import check_options
from failscape.data.base import Skipped, Unreadable
from failscape.data.hf_open import open_dataset
from failscape.data.images.decode import decode
from failscape.errors import UsageError, did_you_mean, require

_OPTIONS = ("split", "image", "label", "config")


class HuggingFaceSource:
    """One split of a dataset with a column of images and a column of classes; labels index ``group_names``.

    A local folder is one written by ``save_to_disk``, or one that holds parquet files. No code of a dataset is ever
    run. Classes are the names that the label column carries; where it carries none, its distinct values. Items without
    a class (a negative or missing label) are left out.

    Args:
        name: the dataset on the hub, or a local folder.
        options: ``split`` (``test`` unless given, or the only one of a local folder), ``image`` and ``label`` (the
            columns; unless given, those of that name, or the only ones of that kind), ``config``.

    Raises:
        UsageError: the dataset cannot be had, or has no such split or column.
    """

    notes: tuple[str, ...] = ()
    label_rules: tuple[LabelRule, ...] = ()

    def __init__(self, name: str, options: Mapping[str, str]) -> None:
        where = f"hf:{name}"
        check_options(where, options, _OPTIONS)
        require("datasets", "datasets")
        dataset, split = open_dataset(name, options)
        image, label = _columns(where, dataset.features, options)
        classes, labels = _classes(where, dataset, label)
        self.group_names: Sequence[str] = classes
        self._kept = np.flatnonzero(labels >= 0)
        if not len(self._kept):
            raise UsageError(f"{where} has no labels in this split; choose another with split=")
        self.labels = labels[self._kept]
        self._images = _undecoded(where, dataset.select_columns([image]), image)
        self._column = image
        self.names: Sequence[str] = [f"{Path(name).name}/{split}/{index:06d}" for index in self._kept]
        self.skipped: list[Skipped] = []

    def load(self, index: int) -> Image.Image:
        """One picture, in RGB and upright.

        Raises:
            Unreadable: see ``decode``.
        """
        cell = self._images[int(self._kept[index])][self._column]
        if isinstance(cell, dict):
            cell = cell.get("bytes") or (Path(cell["path"]) if cell.get("path") else b"")
        if cell is None:
            raise Unreadable("empty")
        return decode(cell)


def _columns(where: str, features: Mapping[str, Any], options: Mapping[str, str]) -> tuple[str, str]:
    import datasets

    image = _column(where, features, options, "image", datasets.Image)
    return image, _column(where, features, options, "label", datasets.ClassLabel)


def _column(where: str, features: Mapping[str, Any], options: Mapping[str, str], key: str, kind: type) -> str:
    alike = [name for name, feature in features.items() if isinstance(feature, kind)]
    wanted = options.get(key, key if key in features or len(alike) != 1 else alike[0])
    if wanted not in features:
        guess = did_you_mean(wanted, features)
        raise UsageError(f"{where} has no column {wanted!r}{guess}; name the {key} column with {key}=NAME")
    return wanted


def _undecoded(where: str, dataset: Any, column: str) -> Any:
    """The same with image files as they are stored, so that they are decoded as those of a folder are."""
    import datasets

    feature = dataset.features[column]
    if isinstance(feature, datasets.Image):
        return dataset.cast_column(column, datasets.Image(decode=False))
    # Without the dataset's own description, files are plain bytes, alone or beside their path.
    plain = feature.get("bytes") if isinstance(feature, dict) else feature
    if getattr(plain, "dtype", None) in ("binary", "large_binary"):
        return dataset
    raise UsageError(f"{where}: the column {column!r} does not hold image files; name another with image=NAME")


def _classes(where: str, dataset: Any, label: str) -> tuple[list[str], np.ndarray]:
    """The class names, and the labels ``(N,)`` int64 that index them, -1 where there is none."""
    feature, values = dataset.features[label], dataset[label][:]
    if hasattr(feature, "names"):
        return list(feature.names), np.array([-1 if value is None else value for value in values], dtype=np.int64)
    if not all(value is None or isinstance(value, (str, int)) for value in values):
        raise UsageError(
            f"{where}: the column {label!r} does not hold one class per image; name another with label=NAME"
        )
    known = sorted({value for value in values if value is not None and not (isinstance(value, int) and value < 0)})
    index = {value: place for place, value in enumerate(known)}
    return [str(value) for value in known], np.array([index.get(value, -1) for value in values], dtype=np.int64)
