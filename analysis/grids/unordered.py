"""Axes whose levels have no order: what lies beside each other there, so that one cause is one finding.

Shapes: ``P`` points, ``N`` neighbours of a point.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from failscape.concepts import ConceptSpace


def whole_axes(space: ConceptSpace) -> tuple[bool, ...]:
    """The axes of a product without order that a region may take whole: what fails at all their levels is one finding.

    All but the one that chooses the item's group, for groups are looked at one by one
    (:mod:`failscape.analysis.modes.group_regions`).
    """
    return tuple(c.categorical and axis != space.group_axis for axis, c in enumerate(space.concepts))


def with_other_levels(space: ConceptSpace, neighbours: np.ndarray, axes: Iterable[int]) -> np.ndarray:
    """The neighbours of points, and those that differ from them on one of ``axes``: ``(P, N) -> (P, N + ...)``.

    Args:
        space: the grid.
        neighbours: neighbours, -1 for none.
        axes: of which every level lies beside every other.
    """
    rows = np.arange(space.n_points).reshape(space.shape)
    for axis in axes:
        others = np.stack([np.take(rows, level, axis).ravel() for level in range(space.shape[axis])], axis=1)
        others = np.repeat(others[None], space.shape[axis], axis=0)  # (L, P / L, L)
        found = np.empty((space.n_points, space.shape[axis]), np.int64)
        found[np.moveaxis(rows, axis, 0).reshape(space.shape[axis], -1)] = others
        neighbours = np.hstack([neighbours, np.where(found == np.arange(space.n_points)[:, None], -1, found)])
    return neighbours
