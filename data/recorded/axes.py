"""How the values of a column become the levels of an axis: as they are, in ranges, or the commonest and the others.

Shapes: ``N`` rows, ``L`` levels.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from failscape.data.recorded.options import is_missing
from failscape.errors import UsageError

MAX_VALUES = 12  # of a numeric column that has a level for each
RANGES = 5  # of a numeric column with more
MAX_NAMES = 12  # levels of a column of words, the last for the others where it has more
OTHER, EMPTY = "other", "(empty)"


class Axis(NamedTuple):
    """A column as an axis of the grid."""

    name: str
    level: np.ndarray  # (N,) int64 of each row, -1 where it has none
    values: tuple[float, ...] = ()  # of an ordered axis: what the levels are
    edges: tuple[float, ...] = ()  # of an ordered axis in ranges: (L + 1,)
    names: tuple[str, ...] = ()  # of an axis without order
    note: str = ""  # what the user should know of how its values became levels

    @property
    def n_levels(self) -> int:
        """Number of levels."""
        return len(self.names) or len(self.values) or len(self.edges) - 1


def axis_of(name: str, cells: pd.Series) -> Axis:
    """Ordered where every value is a number, else without order.

    Raises:
        UsageError: it says nothing in any row.
    """
    empty = is_missing(cells)
    if empty.all():
        raise UsageError(f"the column {name} is empty in every row that counts; leave it out of --concepts")
    numbers = pd.to_numeric(cells.where(~empty), errors="coerce").to_numpy(float)
    if np.isfinite(numbers[~empty]).all():
        return _ordered(name, np.where(empty, np.nan, numbers))
    return _named(name, cells, empty)


def _ordered(name: str, numbers: np.ndarray) -> Axis:
    known = ~np.isnan(numbers)
    values = np.unique(numbers[known])
    level = np.full(len(numbers), -1, np.int64)
    if len(values) <= MAX_VALUES:
        level[known] = np.searchsorted(values, numbers[known])
        return Axis(name, level, values=tuple(values.tolist()))
    edges = np.unique(np.quantile(numbers[known], np.linspace(0, 1, RANGES + 1), method="closest_observation"))
    if len(edges) < 3:  # nearly all rows have one value: that one, and the rest
        edges = np.unique([values[0], values[1], values[-1]])
    level[known] = np.clip(np.searchsorted(edges, numbers[known], side="right") - 1, 0, len(edges) - 2)
    note = f"{name} has {len(values):,} values; it is cut into {len(edges) - 1} ranges with about as many rows each"
    return Axis(name, level, edges=tuple(edges.tolist()), note=note)


def _named(name: str, cells: pd.Series, empty: np.ndarray) -> Axis:
    words = cells.where(~empty, EMPTY)
    counts = words.value_counts()
    # Commonest first, and in the order of the alphabet where they are as common, so that nothing hangs on the file's.
    ranked = sorted(counts.index, key=lambda word: (-counts[word], word))
    kept, note = ranked, ""
    if len(ranked) > MAX_NAMES:
        kept = ranked[: MAX_NAMES - 1]
        rest = counts[ranked[MAX_NAMES - 1 :]].sum()
        note = (
            f"{name} has {len(ranked):,} values; the {len(kept)} commonest are levels, and {rest:,} of {len(words):,} "
            "rows are in one more for the others"
        )
    names = tuple(sorted(kept))
    index = {word: k for k, word in enumerate(names)}
    level = words.map(index).fillna(len(names)).to_numpy(np.int64)
    if len(ranked) > MAX_NAMES:
        names = (*names, OTHER if OTHER not in names else "all others")
    return Axis(name, level, names=names, note=note)
