"""Boxes of a grid that fail more than the rest of it, where there is no unedited item to compare with.

Every box is a hypothesis with its own share of the test level (:mod:`failscape.analysis.scan`), and is tested with the
items as clusters, so that neither the search nor what rows of one item have in common makes a find of chance.

Shapes: ``P`` points, ``M`` points of a region.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from failscape.analysis.boxes import inside
from failscape.analysis.evidence import Evidence, at, counts, exceeds_rest, rate_of
from failscape.analysis.multiple import LEVEL
from failscape.analysis.regions import SHOULDER
from failscape.analysis.scan import likeliest_box, log_share

MAX_TRIED = 50  # boxes that a search proposes


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
    failures, trials = counts(evidence.landscape)
    free = space.exists & (trials > 0)
    found: list[RestRegion] = []
    highest = 0.0
    for _ in range(MAX_TRIED):
        box, score = likeliest_box(space, failures * free, trials * free)
        held = inside(box, space.shape)
        points, rest = np.flatnonzero(held & free), np.flatnonzero(~held & free)
        # The log-likelihood ratio bounds the p-value, Chernoff's way: exp(-ratio).
        if score < math.log(1 / LEVEL) or not len(points) or not len(rest):
            break
        q_value = min(1.0, exceeds_rest(evidence.pairs, points, rest) / math.exp(log_share(space, box)))
        excess = rate_of(at(evidence.pairs, points))[0] - rate_of(at(evidence.pairs, rest))[0]
        if q_value <= LEVEL and excess >= SHOULDER * highest:
            found.append(RestRegion(np.flatnonzero(held & space.exists), q_value))
            highest = max(highest, excess)
        free &= ~held
    return found


def beyond(points: np.ndarray, others: list[np.ndarray], n_points: int) -> tuple[np.ndarray, np.ndarray]:
    """What a region has beyond others, and the rest of the grid without them: ``(M,), ... -> (M1,), (M2,)``.

    The whole region, and all that is outside of it, where nothing of either would be left.
    """
    held, taken = np.zeros(n_points, bool), np.zeros(n_points, bool)
    held[points] = True
    for other in others:
        taken[other] = True
    own, rest = held & ~taken, ~held & ~taken
    if not own.any() or not rest.any():
        own, rest = held, ~held
    return np.flatnonzero(own), np.flatnonzero(rest)
