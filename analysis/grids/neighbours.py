"""Which points of a grid lie next to each other, and what hangs together.

Shapes: ``P`` points, ``K`` concepts, ``M`` neighbours.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from failscape.concepts import ConceptSpace


def neighbours(space: ConceptSpace) -> np.ndarray:
    """Rows of the points one level away on one axis, -1 beyond the grid: ``(P, 2K)``.

    Levels without order have no neighbours.
    """
    levels = space.grid()
    stride = np.cumprod([1, *space.shape[:0:-1]])[::-1]
    found = np.full((space.n_points, 2 * len(space.shape)), -1)
    for axis, concept in enumerate(space.concepts):
        if concept.categorical:
            continue
        for column, by in enumerate((-1, 1)):
            there = (levels[:, axis] + by >= 0) & (levels[:, axis] + by < space.shape[axis])
            found[there, 2 * axis + column] = np.flatnonzero(there) + by * stride[axis]
    return found


def components(members: np.ndarray, neighbours: np.ndarray) -> list[np.ndarray]:
    """Connected parts of ``members (P,) bool``, as rows of the grid."""
    rows = np.flatnonzero(members)
    start, end = np.repeat(rows, neighbours.shape[1]), neighbours[rows].ravel()
    linked = (end >= 0) & members[end]
    n = len(members)
    graph = coo_array((np.ones(linked.sum()), (start[linked], end[linked])), shape=(n, n))
    labels = connected_components(graph, directed=False)[1][rows]
    return [rows[labels == label] for label in np.unique(labels)]


def grown(members: np.ndarray, neighbours: np.ndarray) -> np.ndarray:
    """``members`` and their neighbours: ``(P,)`` bool."""
    grown = members.copy()
    around = neighbours[members].ravel()
    grown[around[around >= 0]] = True
    return grown
