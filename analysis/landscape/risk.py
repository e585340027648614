"""What a landscape means in use: the failure rate where edits happen as often as they do there.

Shapes: ``P`` points, ``M`` pairs of item and point.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.statistics.rates import wilson
from failscape.analysis.statistics.shrinkage import posterior
from failscape.analysis.statistics.units import Unit
from failscape.errors import UsageError


class Risk(NamedTuple):
    """A failure rate in use and its 95 % interval, each in [0, 1]."""

    rate: float
    low: float
    high: float


def risk(
    landscape: Landscape,
    weights: np.ndarray,
    probes: pd.DataFrame | None = None,
    items: pd.DataFrame | None = None,
) -> Risk:
    """Failure rate under a distribution of edits, and its 95 % interval.

    The mean of the corrected rates, ``sum w_p rate_p`` (post-stratification); a point that was never visited has its
    smoothed rate. Its variance is ``sum w_p^2 r_p (1 - r_p) / n_p`` with effective trials ``n_p`` and rates ``r_p``
    shrunk towards the smoothed surface, so that a point without failures is not certain; unvisited points are taken to
    err together. The interval is Wilson's, for the number of trials that have this variance.

    Args:
        landscape: rates over the grid.
        weights: how often each point occurs in use ``(P,)``, not negative, of sum 1.
        probes: of the landscape. With them, the variance is at least the one between items, whose probes are alike.
        items: of the landscape, which say what is alike where they are rows of a table.

    Raises:
        UsageError: the weights are no distribution over the grid.
    """
    weights = _distribution(weights, landscape.space.n_points)
    table = landscape.table.fillna({"smoothed": 0, "deviation": 0})  # of points that do not exist
    trials, smoothed = table["trials"].to_numpy(float), table["smoothed"].to_numpy(float)
    visited = trials > 0
    rates = np.where(visited, table["rate"].to_numpy(float), smoothed)
    mean = float(np.clip(weights @ rates, 0, 1))
    shrunk = posterior(np.where(visited, rates * trials, 0.0), trials, smoothed).mean
    variance = float((weights**2 * shrunk * (1 - shrunk))[visited] @ (1 / trials[visited]))
    if probes is not None:
        variance = max(variance, _clustered(Unit.of(items).complete(probes), weights, rates, trials))
    variance += float(weights[~visited] @ table["deviation"].to_numpy(float)[~visited]) ** 2
    n = float(max(mean * (1 - mean), (weights * shrunk) @ (1 - shrunk), 1e-9) / max(variance, 1e-12))
    low, high = wilson(np.array([mean * n]), np.array([n]))
    return Risk(mean, float(low[0]), float(high[0]))


def _clustered(pairs: pd.DataFrame, weights: np.ndarray, rates: np.ndarray, trials: np.ndarray) -> float:
    """Variance of the mean with items for clusters: sum of squares of what each item adds to it (Liang, Zeger 1986)."""
    points = pairs["point"].to_numpy(np.int64)
    weight = pairs["weight"].to_numpy(float)
    total = np.bincount(points, weight, len(rates))
    # A rate fits its own probes: as for a sample variance, n - 1 of n are free.
    free = np.sqrt(np.maximum(trials / np.maximum(trials - 1, 1), 1))
    residual = (pairs["failed"].to_numpy(float) - rates[points]) * free[points]
    added = weights[points] * weight / total[points] * residual
    return float((np.bincount(pairs["cluster"].to_numpy(np.int64), added) ** 2).sum())


def _distribution(weights: np.ndarray, n_points: int) -> np.ndarray:
    weights = np.asarray(weights, float)
    if weights.shape != (n_points,) or not (weights >= 0).all() or abs(weights.sum() - 1) > 1e-6:
        raise UsageError(f"usage weights must be {n_points} numbers, not negative, of sum 1")
    return weights
