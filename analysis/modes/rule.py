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


def rule_of(space: ConceptSpace, points: np.ndarray, valid: np.ndarray | None = None) -> Rule:
    """The rule that is closest to a region of the grid.

    One box where that has an F1, the harmonic mean of precision and recall, of 0.8 or more, else two where the second
    one, around what the first has left, brings it closer.

    Args:
        space: the grid.
        points: rows of the grid ``(M,)``, at least one.
        valid: points at which the items that the rule is about have a right answer, ``(P,)`` bool; all where omitted. A
            rule does not end in a level that has none.
    """
    boxes = _boxes(space, points)
    return Rule(boxes if valid is None else tuple(_trimmed(space, box, valid) for box in boxes))


def _boxes(space: ConceptSpace, points: np.ndarray) -> tuple[Box, ...]:
    region = np.zeros(space.n_points, bool)
    region[points] = True
    first = _closest(space, points)
    held = _held(space, first)
    left = np.flatnonzero(region & ~held)
    if _f1(held, region) >= CLOSE or not len(left):
        return (first,)
    second = _widened(space, _closest(space, left), region)
    both = held | _held(space, second)
    return (first, second) if _f1(both, region) >= _f1(held, region) + GAIN else (first,)


def _trimmed(space: ConceptSpace, box: Box, valid: np.ndarray) -> Box:
    """The box without outer levels, or levels of no order, at which no point is valid; as it is where none is."""
    levels = space.point(np.flatnonzero(_held(space, box) & valid))
    if not len(levels):
        return box
    kept = []
    for axis, some in enumerate(box):
        there = np.unique(levels[:, axis])
        fits = [k in there if space.concepts[axis].categorical else there[0] <= k <= there[-1] for k in some]
        kept.append(tuple(level for level, fit in zip(some, fits, strict=True) if fit))
    return tuple(kept)


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
