"""A scan for boxes of the grid that fail more than what is around them, where single points have too few probes.

Every box is a hypothesis, and each has its own share of the test level, so whichever box a search picks, its p-value
divided by its share holds for the whole scan.

Shapes: ``P`` points, ``K`` concepts, ``L1, ..., LK`` levels; a box is ``(K, 2)`` level indices, first and last.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import chain, combinations
from typing import NamedTuple

import numpy as np
from scipy.special import xlogy

from failscape.analysis.grids.boxes import climb, inside, within
from failscape.analysis.grids.neighbours import components, grown
from failscape.analysis.grids.view import view_of
from failscape.analysis.statistics.multiple_testing import LEVEL
from failscape.concepts import ConceptSpace

STARTS = 4  # windows of each size that a climb begins from
MAX_CHOSEN = 3  # axes of which every choice is tried whole


class Candidate(NamedTuple):
    """A region that a scan proposes."""

    points: np.ndarray  # (M,) rows of the grid
    share: float  # of the test level, in (0, 1]


def scan(
    space: ConceptSpace, failures: np.ndarray, trials: np.ndarray, free: np.ndarray, neighbours: np.ndarray
) -> list[Candidate]:
    """Disjoint boxes that stand out from the other free points, the clearest first, and last what is left of the grid.

    After each box, it and the points beside it are taken out and the scan starts over (Zhang, Assunção and Kulldorff
    2010). What is left stands out from nothing: it is there for grids that fail all over.

    Args:
        space: the grid.
        failures: of every point, ``(P,)``; may be fractional, an effective number.
        trials: alike.
        free: points that may be in a box, ``(P,)`` bool.
        neighbours: neighbours of each point, ``(P, 2K)``, -1 for none.
    """
    found: list[Candidate] = []
    while True:
        box, score = likeliest_box(space, failures * free, trials * free)
        # The log-likelihood ratio bounds the p-value, Chernoff's way: exp(-ratio).
        if score < math.log(1 / LEVEL):
            break
        held = inside(box, space.shape) & free
        found.append(Candidate(np.flatnonzero(held), math.exp(log_share(space, box))))
        free = free & ~grown(held, neighbours)
    everywhere = np.stack([np.zeros(len(space.shape), np.int64), np.array(space.shape) - 1], axis=1)
    for axis, concept in enumerate(space.concepts):
        everywhere[axis, 1] *= not concept.categorical
    share = math.exp(log_share(space, everywhere))
    return found + [Candidate(rest, share) for rest in components(free, neighbours)]


def log_share(space: ConceptSpace, box: np.ndarray) -> float:
    """Logarithm of the share of the test level that a box has; over all boxes, shares sum to 1.

    Each axis shares evenly between the lengths of its intervals, and within a length between its places: wide boxes are
    few, and do not pay for how many narrow ones there are (the Bonferroni scan of Walther and Perry 2022). Where levels
    have no order, each has the same, and more than one together nothing, but for all of them where that is a region.
    """
    total = 0.0
    for concept, whole, (first, last) in zip(space.concepts, view_of(space).whole_axes, box.tolist(), strict=True):
        n, length = len(concept.levels), last - first + 1
        if concept.categorical and length > 1 and not (whole and length == n):
            return -math.inf
        total -= math.log(n + whole) if concept.categorical else math.log(n * (n - length + 1))
    return total


def likeliest_box(space: ConceptSpace, failures: np.ndarray, trials: np.ndarray) -> tuple[np.ndarray, float]:
    """The box that explains counts ``(P,)`` best, and its score, 0 or less where none does.

    The score is the likelihood ratio of one rate inside and a lower one outside against one rate everywhere (Kulldorff
    1997), and the box's share, both as logarithms. Climbs begin at cubes of 1, 2, 4, ... levels a side, the best of
    each.
    """
    failures, trials = failures.reshape(space.shape), trials.reshape(space.shape)
    k, n = float(failures.sum()), float(trials.sum())

    def score(box: np.ndarray) -> float:
        inner = failures[within(box)].sum(), trials[within(box)].sum()
        return float(log_ratio(*inner, k, n)) + log_share(space, box)

    climbed = [climb(start, space.shape, score) for start in starting_boxes(space, failures, trials)]
    return max(climbed, key=lambda found: found[1])


def log_ratio(k_in: np.ndarray, n_in: np.ndarray, k: np.ndarray | float, n: np.ndarray | float) -> np.ndarray:
    """Log-likelihood ratio of a higher rate inside, from ``k`` failures of ``n`` in all; 0 where it is not higher."""
    higher = k_in * (n - n_in) > (k - k_in) * n_in
    ratio = _log_likelihood(k_in, n_in) + _log_likelihood(k - k_in, n - n_in) - _log_likelihood(k, n)
    return np.where(higher, ratio, 0.0)


def _log_likelihood(k: np.ndarray | float, n: np.ndarray | float) -> np.ndarray:
    """Of ``k`` failures among ``n``, at their own rate."""
    k, n = np.maximum(k, 0), np.maximum(n, 0)
    rate = np.clip(np.divide(k, n, out=np.zeros(np.shape(n)), where=n > 0), 0, 1)
    found: np.ndarray = xlogy(k, rate) + xlogy(np.maximum(n - k, 0), 1 - rate)
    return found


def starting_boxes(space: ConceptSpace, failures: np.ndarray, trials: np.ndarray) -> list[np.ndarray]:
    """The likeliest cubes of each size, as boxes; where levels have no order one wide, or all of them on some axes."""
    found, k, n = [], float(failures.sum()), float(trials.sum())
    wholes = whole_choices(view_of(space).whole_axes)
    side = 1
    while side == 1 or side < max(space.shape):
        narrow = [1 if c.categorical else min(side, len(c.levels)) for c in space.concepts]
        for whole in wholes:
            sides = [n_levels if all_ else one for n_levels, one, all_ in zip(space.shape, narrow, whole, strict=True)]
            ratio = log_ratio(_windows(failures, sides), _windows(trials, sides), k, n)
            best = np.argsort(-ratio, axis=None, kind="stable")[:STARTS]
            for first in np.stack(np.unravel_index(best, ratio.shape), axis=1):
                found.append(np.stack([first, first + sides - 1], axis=1))
        side *= 2
    return found


def whole_choices(axes: Sequence[bool]) -> list[tuple[bool, ...]]:
    """Which of the axes that may be taken whole are: every choice of few axes, of more none, one by one, or all."""
    free = [axis for axis, whole in enumerate(axes) if whole]
    chosen: Iterable[tuple[int, ...]] = chain.from_iterable(combinations(free, n) for n in range(len(free) + 1))
    if len(free) > MAX_CHOSEN:
        chosen = [(), *((axis,) for axis in free), tuple(free)]
    return [tuple(axis in some for axis in range(len(axes))) for some in chosen]


def _windows(counts: np.ndarray, sides: list[int]) -> np.ndarray:
    """Sums over every window of the given sides: ``(L1, ..., LK) -> (L1 - side + 1, ...)``."""
    for axis, side in enumerate(sides):
        views = np.lib.stride_tricks.sliding_window_view(counts, side, axis=axis)
        counts = views.sum(axis=-1)
    return counts
