"""The landscape of a grid of edits as tables: edit by strength, by the edit that follows it, or by whose articles.

Shapes: ``R`` rows, ``C`` columns, ``E`` edits, ``L`` strengths.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from failscape.analysis.landscape import Landscape
from failscape.analysis.plots.style import UNSURE
from failscape.concepts.text.grid import EditGrid


@dataclass(frozen=True)
class EditRates:
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


def by_strength(landscape: Landscape, like: Landscape | None = None) -> EditRates:
    """Each edit alone at each of its strengths, the edit of the worst point first; in the order of ``like``."""
    space = _grid(landscape)
    points = np.arange(space.n_points).reshape(space.shape)
    points = points[:, 0] if space.pairs else points
    order = np.argsort(-_column(like or landscape, "smoothed", points).max(axis=1), kind="stable")
    rows = tuple(space.edits[k].name for k in order)
    strengths = tuple(f"{rank:g}" for rank in space.concepts[-1].levels)
    return _table(landscape, points[order], rows, strengths, ("edit", "strength, of each edit's own levels"))


def by_pair(landscape: Landscape, like: Landscape | None = None) -> EditRates:
    """Each edit with each that follows it, at the strength at which both together fail most.

    The edit that fails most on average comes first, or the order is that of ``like``.
    """
    space = _grid(landscape)
    points = np.arange(space.n_points).reshape(space.shape)
    smoothed = _column(landscape, "smoothed", points)
    worst = np.take_along_axis(points, smoothed.argmax(axis=2)[..., None], axis=2)[..., 0]
    ranked = _column(like or landscape, "smoothed", points).max(axis=2).mean(axis=1)
    order = np.argsort(-ranked, kind="stable")
    columns = np.concatenate([[0], 1 + order])
    names = tuple(space.edits[k].name for k in order)
    return _table(landscape, worst[order][:, columns], names, ("nothing", *names), ("edit", "followed by"))


def by_group(landscape: Landscape, like: Landscape | None = None) -> EditRates:
    """Each edit for each group of articles, at the strength (and with the edit after it) at which it fails most.

    The edit that fails most on average comes first, or the order is that of ``like``.
    """
    space = _grid(landscape)
    assert space.group is not None
    points = np.arange(space.n_points).reshape(space.shape[0], len(space.edits), -1).swapaxes(0, 1)  # (E, G, ...)
    smoothed = _column(landscape, "smoothed", points)
    worst = np.take_along_axis(points, smoothed.argmax(axis=2)[..., None], axis=2)[..., 0]
    order = np.argsort(-_column(like or landscape, "smoothed", points).max(axis=2).mean(axis=1), kind="stable")
    names = tuple(space.edits[k].name for k in order)
    return _table(landscape, worst[order], names, space.group.class_names, ("edit", space.group.name))


def charted(landscape: Landscape, like: Landscape | None = None) -> EditRates:
    """The table that a chart of the landscape draws."""
    space = _grid(landscape)
    return (by_group if space.group else by_pair if space.pairs else by_strength)(landscape, like)


def listed(landscape: Landscape) -> EditRates:
    """The table of intervals: each edit alone at each strength; where the agent chose whose articles, by group."""
    return (by_group if _grid(landscape).group else by_strength)(landscape)


def _grid(landscape: Landscape) -> EditGrid:
    assert isinstance(landscape.space, EditGrid)
    return landscape.space


def _column(landscape: Landscape, name: str, points: np.ndarray) -> np.ndarray:
    values: np.ndarray = landscape.table[name].to_numpy()[points]
    return values


def _table(
    landscape: Landscape, points: np.ndarray, rows: tuple[str, ...], columns: tuple[str, ...], axes: tuple[str, str]
) -> EditRates:
    grid = landscape.space.grid()
    labels = np.array([landscape.space.label(grid[point]) for point in points.ravel()], object).reshape(points.shape)
    names = ("smoothed", "smoothed_low", "smoothed_high", "rate", "low", "high", "visits", "failures")
    return EditRates(rows, columns, *axes, points, labels, *(_column(landscape, name, points) for name in names))
