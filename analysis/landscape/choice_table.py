"""The landscape of a grid of edits as tables: edit by strength, by the edit that follows it, or by whose articles.

Shapes: ``E`` edits, ``G`` groups.
"""

from __future__ import annotations

import numpy as np

from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.landscape.rate_table import RateTable, column_at, rate_table
from failscape.concepts.text.grid import EditGrid


def by_strength(landscape: Landscape, like: Landscape | None = None) -> RateTable:
    """Each edit alone at each of its strengths, the edit of the worst point first; in the order of ``like``."""
    space = _grid(landscape)
    points = np.arange(space.n_points).reshape(space.shape)
    points = points[:, 0] if space.pairs else points
    order = np.argsort(-column_at(like or landscape, "smoothed", points).max(axis=1), kind="stable")
    rows = tuple(space.edits[k].name for k in order)
    strengths = tuple(f"{rank:g}" for rank in space.concepts[-1].levels)
    return rate_table(landscape, points[order], rows, strengths, ("edit", "strength, of each edit's own levels"))


def by_pair(landscape: Landscape, like: Landscape | None = None) -> RateTable:
    """Each edit with each that follows it, at the strength at which both together fail most.

    The edit that fails most on average comes first, or the order is that of ``like``.
    """
    space = _grid(landscape)
    points = np.arange(space.n_points).reshape(space.shape)
    smoothed = column_at(landscape, "smoothed", points)
    worst = np.take_along_axis(points, smoothed.argmax(axis=2)[..., None], axis=2)[..., 0]
    ranked = column_at(like or landscape, "smoothed", points).max(axis=2).mean(axis=1)
    order = np.argsort(-ranked, kind="stable")
    columns = np.concatenate([[0], 1 + order])
    names = tuple(space.edits[k].name for k in order)
    return rate_table(landscape, worst[order][:, columns], names, ("nothing", *names), ("edit", "followed by"))


def by_group(landscape: Landscape, like: Landscape | None = None) -> RateTable:
    """Each edit for each group of articles, at the strength (and with the edit after it) at which it fails most.

    The edit that fails most on average comes first, or the order is that of ``like``.
    """
    space = _grid(landscape)
    assert space.group is not None
    points = np.arange(space.n_points).reshape(space.shape[0], len(space.edits), -1).swapaxes(0, 1)  # (E, G, ...)
    smoothed = column_at(landscape, "smoothed", points)
    worst = np.take_along_axis(points, smoothed.argmax(axis=2)[..., None], axis=2)[..., 0]
    order = np.argsort(-column_at(like or landscape, "smoothed", points).max(axis=2).mean(axis=1), kind="stable")
    names = tuple(space.edits[k].name for k in order)
    return rate_table(landscape, worst[order], names, space.group.class_names, ("edit", space.group.name))


def charted(landscape: Landscape, like: Landscape | None = None) -> RateTable:
    """The table that a chart of the landscape draws."""
    space = _grid(landscape)
    return (by_group if space.group else by_pair if space.pairs else by_strength)(landscape, like)


def interval_rates(landscape: Landscape) -> RateTable:
    """The table of intervals: each edit alone at each strength; where the agent chose whose articles, by group."""
    return (by_group if _grid(landscape).group else by_strength)(landscape)


def _grid(landscape: Landscape) -> EditGrid:
    assert isinstance(landscape.space, EditGrid)
    return landscape.space
