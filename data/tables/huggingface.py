"""Datasets of texts in Hugging Face's formats, from the hub or a local folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from failscape.data.hf_open import open_dataset
from failscape.data.tables.table import Line, Table
from failscape.errors import require

_BATCH = 1024  # rows decoded at a time


def open_hf_table(name: str, options: Mapping[str, str]) -> tuple[Table, str]:
    """One split as a table, and the split's name; rows are placed by number, from 0.

    Args:
        name: the dataset on the hub, or a local folder (see ``open_dataset``).
        options: ``split`` and ``config``.

    Raises:
        UsageError: the dataset cannot be had, or has no such split.
    """
    require("datasets", "datasets")
    dataset, split = open_dataset(name, options)

    def lines(used: Sequence[str]) -> Iterator[Line]:
        place = 0
        for batch in dataset.select_columns(list(used)).iter(_BATCH):
            named = [_named(dataset.features[column], batch[column]) for column in used]
            for cells in zip(*named, strict=True):
                yield f"{place:06d}", dict(zip(used, cells, strict=True))
                place += 1

    return Table(list(dataset.column_names), lines), split


def _named(feature: Any, cells: list[Any]) -> list[Any]:
    """Classes by their names; anything else as it is."""
    names = getattr(feature, "names", None)
    if not isinstance(names, list):
        return cells
    return [names[cell] if cell is not None and 0 <= cell < len(names) else None for cell in cells]
