"""Where on the grid the failures are: connected regions of points that stand out, split where the rate dips between.

Shapes: ``P`` points, ``K`` concepts.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.special import betaln
from scipy.stats import beta

from failscape.concepts import ConceptSpace

SURE = 0.95  # posterior probability of what is called clear
STRENGTHS = 2.0 ** np.arange(11)  # of a prior, in trials
SHOULDER = 0.25  # excess over the baseline that a shoulder must have, as a share of the peak's
LEVEL = 0.7  # share of its excess that a shoulder must keep two levels away from the peak's region


class Posterior(NamedTuple):
    """Beta distributions of the rate at every point: ``(P,)`` each."""

    a: np.ndarray
    b: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """Rates, counts shrunk towards the smoothed surface."""
        return self.a / (self.a + self.b)

    @property
    def low(self) -> np.ndarray:
        """What the rates surely exceed."""
        return beta.ppf(1 - SURE, self.a, self.b)


def posterior(failures: np.ndarray, trials: np.ndarray, expected: np.ndarray) -> Posterior:
    """Rates from counts, shrunk towards what is expected of them: ``(P,) x 3``.

    Smoothing blurs the edges of a region; counts do not, but are noisy. How many trials the expectation is worth is
    chosen by the likelihood of the counts (empirical Bayes, beta-binomial).
    """
    expected = np.clip(np.nan_to_num(expected), 1e-3, 1 - 1e-3)  # NaN where there is no point, and no trial either
    strength = prior_strength(failures, trials, expected)
    return Posterior(failures + strength * expected, trials - failures + strength * (1 - expected))


def prior_strength(failures: np.ndarray, trials: np.ndarray, expected: np.ndarray) -> float:
    """The strength of a beta prior, in trials, that makes the counts likeliest."""
    a, b = STRENGTHS[:, None] * expected, STRENGTHS[:, None] * (1 - expected)
    likelihood = (betaln(failures + a, trials - failures + b) - betaln(a, b)).sum(axis=1)
    return float(STRENGTHS[likelihood.argmax()])


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


def components(members: np.ndarray, beside: np.ndarray) -> list[np.ndarray]:
    """Connected parts of ``members (P,) bool``, as rows of the grid."""
    rows = np.flatnonzero(members)
    start, end = np.repeat(rows, beside.shape[1]), beside[rows].ravel()
    linked = (end >= 0) & members[end]
    n = len(members)
    graph = coo_array((np.ones(linked.sum()), (start[linked], end[linked])), shape=(n, n))
    labels = connected_components(graph, directed=False)[1][rows]
    return [rows[labels == label] for label in np.unique(labels)]


def find_regions(significant: np.ndarray, rates: Posterior, baseline: float, beside: np.ndarray) -> list[np.ndarray]:
    """Regions of high rate among the significant points ``(P,) bool``: disjoint connected rows of the grid.

    Points are shared out among the peaks of the rate; a region is what in a peak's basin reaches at least midway from
    the baseline to the peak (its half maximum). What is left beside a region is one too where it goes on level for two
    levels or more: two causes that overlap have one peak, and a slope is nobody's cause.
    """
    found = _half_maxima(significant, rates, baseline, beside)
    taken = np.zeros(len(significant), bool)
    taken[np.concatenate([np.zeros(0, np.int64), *found])] = True
    near = grown(taken, beside)
    peak = max((_peak(rates, region) for region in found), default=baseline)
    for shoulder in _half_maxima(significant & ~taken, rates, baseline, beside):
        close, far = shoulder[near[shoulder]], shoulder[~near[shoulder]]
        if not len(far):
            continue
        excess = rates.mean[far].mean() - baseline
        level = not len(close) or excess >= LEVEL * (rates.mean[close].mean() - baseline)
        if level and excess >= SHOULDER * (peak - baseline):
            found.append(shoulder)
    return found


def _half_maxima(significant: np.ndarray, rates: Posterior, baseline: float, beside: np.ndarray) -> list[np.ndarray]:
    found = []
    for basin in _basins(significant, rates, baseline, beside):
        high = basin[rates.mean[basin] >= (baseline + _peak(rates, basin)) / 2]
        members = np.zeros(len(significant), bool)
        members[high] = True
        found += components(members, beside)
    return found


def _peak(rates: Posterior, points: np.ndarray) -> float:
    """Height of the highest point. The highest lower bound: the highest mean is mostly luck."""
    return float(rates.low[points].max())


def _basins(significant: np.ndarray, rates: Posterior, baseline: float, beside: np.ndarray) -> list[np.ndarray]:
    """Watershed from the peaks down; basins stay apart where what joins them is clearly below half the lower peak."""
    mean, low = rates.mean, rates.low
    rows = np.flatnonzero(significant)
    basin = np.full(len(significant), -1)
    members: dict[int, list[int]] = {}
    for row in rows[np.argsort(-mean[rows], kind="stable")].tolist():
        met = {int(basin[n]) for n in beside[row] if n >= 0 and basin[n] >= 0}
        first, *others = sorted(met, key=lambda b: -low[members[b]].max()) or [row]
        members.setdefault(first, []).append(row)
        basin[row] = first
        for other in others:
            half = (baseline + low[members[other]].max()) / 2
            if beta.cdf(half, rates.a[row], rates.b[row]) < SURE:
                basin[members[other]] = first
                members[first] += members.pop(other)
    return [np.sort(rows) for rows in members.values()]


def grown(members: np.ndarray, beside: np.ndarray) -> np.ndarray:
    """``members`` and their neighbours: ``(P,)`` bool."""
    grown = members.copy()
    around = beside[members].ravel()
    grown[around[around >= 0]] = True
    return grown
