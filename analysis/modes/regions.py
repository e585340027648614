"""Where on the grid the failures are: connected regions of points that stand out, split where the rate dips between.

Shapes: ``P`` points, ``K`` concepts.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import beta

from failscape.analysis.grids.neighbours import components, grown
from failscape.analysis.statistics.shrinkage import SURE, Posterior

SHOULDER = 0.25  # excess over the baseline that a shoulder must have, as a share of the peak's
LEVEL = 0.7  # share of its excess that a shoulder must keep two levels away from the peak's region


def find_regions(
    significant: np.ndarray, rates: Posterior, baseline: float, neighbours: np.ndarray
) -> list[np.ndarray]:
    """Regions of high rate among the significant points ``(P,) bool``: disjoint connected rows of the grid.

    Points are shared out among the peaks of the rate; a region is what in a peak's basin reaches at least midway from
    the baseline to the peak (its half maximum). What is left beside a region is one too where it goes on level for two
    levels or more: two causes that overlap have one peak, and a mere slope is no cause of its own.
    """
    found = _half_maxima(significant, rates, baseline, neighbours)
    taken = np.zeros(len(significant), bool)
    taken[np.concatenate([np.zeros(0, np.int64), *found])] = True
    near = grown(taken, neighbours)
    peak = max((_peak(rates, region) for region in found), default=baseline)
    for shoulder in _half_maxima(significant & ~taken, rates, baseline, neighbours):
        close, far = shoulder[near[shoulder]], shoulder[~near[shoulder]]
        if not len(far):
            continue
        excess = rates.mean[far].mean() - baseline
        level = not len(close) or excess >= LEVEL * (rates.mean[close].mean() - baseline)
        if level and excess >= SHOULDER * (peak - baseline):
            found.append(shoulder)
    return found


def _half_maxima(
    significant: np.ndarray, rates: Posterior, baseline: float, neighbours: np.ndarray
) -> list[np.ndarray]:
    found = []
    for basin in _basins(significant, rates, baseline, neighbours):
        high = basin[rates.mean[basin] >= (baseline + _peak(rates, basin)) / 2]
        members = np.zeros(len(significant), bool)
        members[high] = True
        found += components(members, neighbours)
    return found


def _peak(rates: Posterior, points: np.ndarray) -> float:
    """Height of the highest point. The highest lower bound: the highest mean is mostly luck."""
    return float(rates.low[points].max())


def _basins(significant: np.ndarray, rates: Posterior, baseline: float, neighbours: np.ndarray) -> list[np.ndarray]:
    """Watershed from the peaks down; basins stay apart where what joins them is clearly below half the lower peak."""
    mean, low = rates.mean, rates.low
    rows = np.flatnonzero(significant)
    basin = np.full(len(significant), -1)
    members: dict[int, list[int]] = {}
    for row in rows[np.argsort(-mean[rows], kind="stable")].tolist():
        met = {int(basin[n]) for n in neighbours[row] if n >= 0 and basin[n] >= 0}
        first, *others = sorted(met, key=lambda b: -low[members[b]].max()) or [row]
        members.setdefault(first, []).append(row)
        basin[row] = first
        for other in others:
            half = (baseline + low[members[other]].max()) / 2
            if beta.cdf(half, rates.a[row], rates.b[row]) < SURE:
                basin[members[other]] = first
                members[first] += members.pop(other)
    return [np.sort(rows) for rows in members.values()]
