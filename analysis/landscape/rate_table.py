"""Points of a landscape as a table of rates, whatever its rows and columns are.

Shapes: ``R`` rows, ``C`` columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.plots.style import UNSURE


@dataclass(frozen=True)
class RateTable:
    """A table of points, worst row first; every array is ``(R, C)``, rates in [0, 1]."""

    rows: tuple[str, ...]  # edits
    columns: tuple[str, ...]  # strengths, edits that follow, or groups of articles
    down: str  # what rows are
    across: str  # what columns are
    points: np.ndarray  # rows of the grid
    labels: np.ndarray  # str, the points in words
    smoothed: np.ndarray
    low: np.ndarray  # 95 % interval of the smoothed rate
    high: np.ndarray
    alone: np.ndarray  # rate of the point's own probes, NaN where there are none
    alone_low: np.ndarray  # its 95 % Wilson interval
    alone_high: np.ndarray
    visits: np.ndarray
    failures: np.ndarray

    @property
    def unsure(self) -> np.ndarray:
        """Where the interval is too wide to rely on, or nothing was tried."""
        return (self.visits == 0) | (self.high - self.low > UNSURE)


class IntervalList(NamedTuple):
    """A table of intervals as a page lists it."""

    title: str
    about: str  # a sentence or two
    heads: tuple[str, ...]  # (C,) of the columns
    rates: RateTable


def rate_table(
    landscape: Landscape, points: np.ndarray, rows: Sequence[str], columns: Sequence[str], axes: tuple[str, str]
) -> RateTable:
    """The table of ``points`` ``(R, C)``.

    Args:
        landscape: of the points.
        points: rows of the grid.
        rows: names of the rows.
        columns: names of the columns.
        axes: what rows and columns are.
    """
    space = landscape.space
    labels = np.array([space.label(point) for point in space.point(points.ravel())], object).reshape(points.shape)
    names = ("smoothed", "smoothed_low", "smoothed_high", "rate", "low", "high", "visits", "failures")
    values = (column_at(landscape, name, points) for name in names)
    return RateTable(tuple(rows), tuple(columns), *axes, points, labels, *values)


def column_at(landscape: Landscape, name: str, points: np.ndarray) -> np.ndarray:
    """One column of the landscape at ``points``, in their shape."""
    values: np.ndarray = landscape.table[name].to_numpy()[points]
    return values
