"""Boxes of a grid that fail more than the rest of it, where there is no unedited item to compare with.

Every box is a hypothesis with its own share of the test level (:mod:`failscape.analysis.modes.box_scan`), and is tested
with the items as clusters, so that neither the search nor what rows of one item have in common makes a find of chance.

Shapes: ``P`` points, ``M`` points of a region.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from failscape.analysis.grids.boxes import bounding_box, climb, inside, within
from failscape.analysis.modes.box_scan import log_ratio, log_share, starting_boxes
from failscape.analysis.modes.evidence import Evidence, counts, exceeds_rest
from failscape.analysis.modes.regions import SHOULDER
from failscape.analysis.statistics.contrast import Contrast
from failscape.analysis.statistics.multiple_testing import LEVEL
from failscape.concepts import ConceptSpace

MAX_TRIED = 50  # boxes that a search proposes
# Of its excess, what lies beside a box must have to belong to it. Where two causes add up and are as strong, what lies
# beside their common cell has half of its excess, give or take chance.
BELONGS = 1 / 3


class RestRegion(NamedTuple):
    """A box, and the chance at most that a table without failure modes would show any as striking."""

    points: np.ndarray  # (M,) rows of the grid
    q_value: float


def rest_regions(evidence: Evidence) -> list[RestRegion]:
    """Boxes that stand out, the clearest first.

    After each the search goes on without its points, so that what is found next stands out by what it has beyond them;
    a box is told whole all the same, because its rule is then exact. Boxes may therefore overlap.
    """
    space = evidence.landscape.space
    contrast = Contrast(evidence.pairs, space.n_points)
    failures, trials = counts(evidence.landscape)
    free = space.exists & (trials > 0)
    found: list[RestRegion] = []
    highest = 0.0
    for _ in range(MAX_TRIED):
        box = _strongest(space, contrast, failures * free, trials * free, free)
        if box is None:
            break
        box = _trimmed(box, space, free)
        wide = _widened(box, space, contrast, free)
        if _q_value(evidence, wide, free) <= LEVEL:
            box = wide
        q_value, held = _q_value(evidence, box, free), inside(box, space.shape)
        excess = contrast.excess(held, free)
        if q_value <= LEVEL and excess >= SHOULDER * highest:
            found.append(RestRegion(np.flatnonzero(held & space.exists), q_value))
            highest = max(highest, excess)
        free &= ~held
    return found


def _q_value(evidence: Evidence, box: np.ndarray, free: np.ndarray) -> float:
    """Of what a box has in ``free`` beside the rest of that: the p-value over the box's share of the level."""
    held = inside(box, evidence.landscape.space.shape)
    p = exceeds_rest(evidence.pairs, np.flatnonzero(held & free), np.flatnonzero(~held & free))
    return min(1.0, p / math.exp(log_share(evidence.landscape.space, box)))


def _trimmed(box: np.ndarray, space: ConceptSpace, free: np.ndarray) -> np.ndarray:
    """The box without outer levels of which nothing is free: they were told of already."""
    levels = space.point(np.flatnonzero(inside(box, space.shape) & free))
    trimmed = bounding_box(levels)
    for axis, concept in enumerate(space.concepts):
        if concept.categorical and trimmed[axis, 0] != trimmed[axis, 1]:
            trimmed[axis] = box[axis]  # of levels without order, one or all
    return trimmed


def _widened(box: np.ndarray, space: ConceptSpace, contrast: Contrast, free: np.ndarray) -> np.ndarray:
    """The box with what lies beside it and fails at least a third as far above the rest.

    So a cause that acts all along an axis, and more at some of its levels, is one finding with a short rule. What was
    told of already may count only where an axis is taken whole, which makes the rule shorter.
    """
    there = contrast.counted > 0
    while True:
        held = inside(box, space.shape)
        least = BELONGS * contrast.excess(held & free, free)
        best, highest = None, 0.0
        for wider, whole in _wider(box, space):
            around = inside(wider, space.shape)
            ring, rest = around & ~held & free, ~around & free
            if whole and not ring.any():
                ring = around & ~held & there
            if not ring.any() or not rest.any():
                continue
            excess = contrast.excess(ring, ring | rest)
            if excess >= least and excess > highest and math.isfinite(log_share(space, wider)):
                best, highest = wider, excess
        if best is None:
            return box
        box = best


def _wider(box: np.ndarray, space: ConceptSpace) -> Iterator[tuple[np.ndarray, bool]]:
    """Boxes that hold this one and more, and whether an axis is whole in it: one face moved by a level, or all."""
    for axis, n_levels in enumerate(space.shape):
        first, last = box[axis].tolist()
        for bounds in sorted({(max(first - 1, 0), last), (first, min(last + 1, n_levels - 1)), (0, n_levels - 1)}):
            if bounds != (first, last):
                wider = box.copy()
                wider[axis] = bounds
                yield wider, bounds == (0, n_levels - 1)


def _strongest(
    space: ConceptSpace, contrast: Contrast, failures: np.ndarray, trials: np.ndarray, free: np.ndarray
) -> np.ndarray | None:
    """Of the boxes that stand out by more than chance, the one that explains the counts best; None where none does.

    Boxes are climbed to by the likelihood ratio (:func:`failscape.analysis.modes.box_scan.likeliest_box`), which looks
    for where the rate is highest, and by how clearly they stand out with items as clusters, which alone decides what is
    chance: a normal deviate ``z`` has a p-value of at most exp(-z²/2).
    """
    k, n = failures.reshape(space.shape), trials.reshape(space.shape)

    def likelihood(box: np.ndarray) -> float:
        inner = k[within(box)].sum(), n[within(box)].sum()
        return float(log_ratio(*inner, float(k.sum()), float(n.sum()))) + log_share(space, box)

    def clearness(box: np.ndarray) -> float:
        share = log_share(space, box)
        return -math.inf if share == -math.inf else contrast.z(inside(box, space.shape), free) ** 2 / 2 + share

    starts = starting_boxes(space, k, n)
    climbed = [climb(start, space.shape, score)[0] for score in (likelihood, clearness) for start in starts]
    clear = [box for box in climbed if clearness(box) >= math.log(1 / LEVEL)]
    return max(clear, key=likelihood, default=None)
