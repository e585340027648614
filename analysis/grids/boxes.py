"""Boxes on the grid: an interval of levels per axis, grown and shrunk to fit.

Shapes: ``K`` concepts, ``P`` points; a box is ``(K, 2)`` level indices, first and last.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from failscape.concepts import ConceptSpace

STARTS = 5  # points of a region that a climb begins from
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


def best_levels(space: ConceptSpace, points: np.ndarray) -> tuple[list[np.ndarray], float]:
    """The levels of each axis that name a region best, and their precision: the share of their points in the region.

    A run of levels where they have an order, any of them where they have none. Together they have the highest F1, the
    harmonic mean of precision and recall, that climbs find, from all levels of the region and from some of its points.

    Args:
        space: the grid.
        points: rows of the grid ``(M,)``, at least one.
    """
    region = np.zeros(space.shape, bool)
    region.ravel()[points] = True
    total = int(region.sum())
    # Levels without order are brought into the order of how much of the region they hold, so that a run says which.
    ranked = [_ranked(region, axis, c.categorical) for axis, c in enumerate(space.concepts)]
    region, exists = (grid[np.ix_(*ranked)] for grid in (region, space.exists.reshape(space.shape)))

    def f1(box: np.ndarray) -> float:
        return float(2 * region[within(box)].sum() / (exists[within(box)].sum() + total))

    levels = np.argwhere(region)
    some = levels[np.linspace(0, len(levels) - 1, min(STARTS, len(levels))).astype(int)]
    climbed = [climb(bounding_box(start), space.shape, f1) for start in (levels, *some[:, None])]
    box, _ = max(climbed, key=lambda found: found[1])
    box = _widened(box, exists)
    kept = [np.sort(order[first : last + 1]) for order, (first, last) in zip(ranked, box.tolist(), strict=True)]
    return kept, float(region[within(box)].sum() / exists[within(box)].sum())


def _widened(box: np.ndarray, exists: np.ndarray) -> np.ndarray:
    """The box with those axes whole that hold no more points then, for want of any: they need no mention."""
    for axis, n_levels in enumerate(exists.shape):
        wide = box.copy()
        wide[axis] = 0, n_levels - 1
        box = wide if exists[within(wide)].sum() == exists[within(box)].sum() else box
    return box


def _ranked(region: np.ndarray, axis: int, categorical: bool) -> np.ndarray:
    """Levels of an axis in order: without one of their own, those first that hold most of a region."""
    if not categorical:
        return np.arange(region.shape[axis])
    held = region.sum(axis=tuple(k for k in range(region.ndim) if k != axis))
    return np.argsort(-held, kind="stable")
