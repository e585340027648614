"""A rule: the conjunction over axes and groups that says exactly which cells of the grid a failure mode is.

Shapes: ``P`` points, ``M`` points of a region, ``B`` batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from failscape.analysis.grids.boxes import best_levels
from failscape.concepts import ConceptSpace

CLOSE = 0.8  # F1 from which one box says what a region is
GAIN = 0.05  # by which a second box must raise it

Box = tuple[tuple[int, ...], ...]  # levels of each axis


@dataclass(frozen=True)
class Rule:
    """A box of the grid, or a union of two: of every axis some levels, a run of them where they have an order."""

    boxes: tuple[Box, ...]

    def points(self, space: ConceptSpace) -> np.ndarray:
        """The rows of the grid that satisfy it, ``(M,)`` in increasing order."""
        held = np.zeros(space.n_points, bool)
        for box in self.boxes:
            held |= _held(space, box)
        return np.flatnonzero(held)


def rule_of(space: ConceptSpace, points: np.ndarray) -> Rule:
    """The rule that is closest to a region of the grid, rows ``(M,)``, at least one.

    One box where that has an F1, the harmonic mean of precision and recall, of 0.8 or more, else two where the second
    one, around what the first has left, brings it closer.
    """
    region = np.zeros(space.n_points, bool)
    region[points] = True
    first = _closest(space, points)
    held = _held(space, first)
    left = np.flatnonzero(region & ~held)
    if _f1(held, region) >= CLOSE or not len(left):
        return Rule((first,))
    second = _widened(space, _closest(space, left), region)
    both = held | _held(space, second)
    return Rule((first, second)) if _f1(both, region) >= _f1(held, region) + GAIN else Rule((first,))


def satisfied(points: np.ndarray, classes: tuple[int, ...], at: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Which cells satisfy a rule of ``points (M,)`` and ``classes``: points ``(B,)``, groups ``(B,) -> (B,)`` bool."""
    holds = np.isin(at, points)
    return holds & np.isin(groups, classes) if classes else holds


def _closest(space: ConceptSpace, points: np.ndarray) -> Box:
    return tuple(tuple(levels.tolist()) for levels in best_levels(space, points)[0])


def _widened(space: ConceptSpace, box: Box, region: np.ndarray) -> Box:
    """The box with those axes whole that add nothing from outside of the region, which makes it shorter to say."""
    for axis, n_levels in enumerate(space.shape):
        wide = (*box[:axis], tuple(range(n_levels)), *box[axis + 1 :])
        if (_held(space, wide) & ~region).sum() <= (_held(space, box) & ~region).sum():
            box = wide
    return box


def _held(space: ConceptSpace, box: Box) -> np.ndarray:
    held = np.zeros(space.shape, bool)
    held[np.ix_(*box)] = True
    return held.ravel() & space.exists


def _f1(found: np.ndarray, region: np.ndarray) -> float:
    return float(2 * (found & region).sum() / (found.sum() + region.sum()))
