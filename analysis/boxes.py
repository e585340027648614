"""Boxes on the grid: an interval of levels per axis, grown and shrunk to fit.

Shapes: ``K`` concepts, ``P`` points; a box is ``(K, 2)`` level indices, first and last.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from failscape.concepts import ConceptSpace

REACH = 2  # levels that a face may be moved at once, past a layer that luck left empty


def inside(box: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Which points of the grid a box holds: ``(P,)`` bool."""
    held = np.zeros(shape, bool)
    held[within(box)] = True
    return held.ravel()


def within(box: np.ndarray) -> tuple[slice, ...]:
    """The box as an index into an array of the grid's shape."""
    return tuple(slice(first, last + 1) for first, last in box.tolist())


def bounding_box(levels: np.ndarray) -> np.ndarray:
    """The smallest box that holds all of ``levels (M, K)``."""
    return np.stack([levels.min(axis=0), levels.max(axis=0)], axis=1)


def climb(box: np.ndarray, shape: tuple[int, ...], score: Callable[[np.ndarray], float]) -> tuple[np.ndarray, float]:
    """Move one face at a time, always the best move, until none raises the score; returns box and score."""
    best = score(box)
    while True:
        moved = _moves(box, shape)
        scores = [score(candidate) for candidate in moved]
        if not scores or max(scores) <= best + 1e-9:
            return box, best
        best = max(scores)
        box = moved[scores.index(best)]


def _moves(box: np.ndarray, shape: tuple[int, ...]) -> list[np.ndarray]:
    """The boxes that differ from ``box`` in one face, the nearest first."""
    found = []
    for step in range(1, REACH + 1):
        for axis, n_levels in enumerate(shape):
            for end, by in ((0, -step), (0, step), (1, -step), (1, step)):
                moved = box.copy()
                moved[axis, end] += by
                first, last = moved[axis]
                if 0 <= first <= last < n_levels:
                    found.append(moved)
    return found


def best_box(space: ConceptSpace, points: np.ndarray) -> tuple[np.ndarray, float]:
    """The box that names a region best, and its precision: the share of its points that are in the region.

    The one of highest F1, the harmonic mean of precision and recall, that a climb from the region's bounding box finds.

    Args:
        space: the grid.
        points: rows of the grid ``(M,)``, at least one.
    """
    region = np.zeros(space.shape, bool)
    region.ravel()[points] = True
    total = int(region.sum())

    def f1(box: np.ndarray) -> float:
        held = region[within(box)]
        return float(2 * held.sum() / (held.size + total))

    box, _ = climb(bounding_box(space.point(points)), space.shape, f1)
    return box, float(region[within(box)].mean())
