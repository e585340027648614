"""Rates adjusted for which items happened to be probed where.

Items differ far more in difficulty than points do, so a point that drew hard items looks worse than it is. Under the
working model ``P(item fails at point) = f(point) + u(item)``, what is known of ``u`` is subtracted from each outcome
before rates are taken. It is a difference estimator: the model need not be right for the rates to be unbiased, only for
them to vary less.

Shapes: ``P`` points, ``M`` pairs of item and point, ``N`` items.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from failscape.analysis.statistics.smoothing import smooth

ROUNDS = 2
BINS = 12  # of items by how sure the target is of them unedited
FEW = 2.0  # outcomes that the variance of all counts for


def smoothed_rates(
    pairs: pd.DataFrame, coordinates: np.ndarray, clean: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Posterior mean and standard deviation of the failure rate at every point: ``(P,), (P,)``.

    Args:
        pairs: columns ``item, point, failed, weight``; ``M`` different pairs, none unedited.
        coordinates: ``(P, K)`` of the points, in [-1, 1].
        clean: ``(N,)`` probability of the true class for each unedited item, which foretells how easily it fails.
    """
    points, items = pairs["point"].to_numpy(np.int64), pairs["item"].to_numpy(np.int64)
    failed, weights = pairs["failed"].to_numpy(float), pairs["weight"].to_numpy(float)
    n_points = len(coordinates)
    if not len(failed):
        return smooth(coordinates, np.full(n_points, np.nan), np.full(n_points, np.inf))
    groups = _groups(clean, items)
    adjusted = failed
    for _ in range(ROUNDS):
        mean, _ = smooth(coordinates, *_rates(points, adjusted, weights, n_points))
        adjusted = failed - item_effects(items, failed - mean[points], weights, groups)
    mean, deviation = smooth(coordinates, *_rates(points, adjusted, weights, n_points))
    return mean, np.hypot(deviation, level_error(items, failed - mean[points], weights))


def level_error(items: np.ndarray, residuals: np.ndarray, weights: np.ndarray) -> float:
    """Standard error of the level that all points share, with items for clusters.

    What is subtracted of an item is relative to the items that were probed. How they, as a whole, differ from all that
    might have been is noise that the adjusted outcomes no longer show.
    """
    sums = np.bincount(items, weights * residuals)
    return float(np.sqrt((sums**2).sum()) / weights.sum())


def _groups(clean: np.ndarray | None, items: np.ndarray) -> np.ndarray:
    """A group for each item, by quantile of ``clean``: ``(N,)``; one group where nothing is known."""
    n_items = int(items.max()) + 1
    if clean is None:
        return np.zeros(n_items, np.int64)
    edges = np.quantile(clean[np.unique(items)], np.linspace(0, 1, BINS + 1)[1:-1])
    return np.digitize(clean, edges)


def item_effects(items: np.ndarray, residuals: np.ndarray, weights: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """For each pair, how much more its item fails than the average item, judged by the item's *other* pairs: ``(M,)``.

    The mean residual of the item's group, plus the item's own deviation from it, shrunk as its few probes deserve (best
    linear prediction; variance components by moments). Leaving the probe's own outcome out keeps it from explaining
    itself away.
    """
    weights = weights / weights.mean()
    n_items = len(groups)
    in_group = groups[items]
    group_total = np.bincount(in_group, weights * residuals)
    group_weight = np.bincount(in_group, weights)
    prior = (group_total[in_group] - weights * residuals) / np.maximum(group_weight[in_group] - weights, 1e-9)
    own = residuals - prior
    total, weight = np.bincount(items, weights * own, n_items), np.bincount(items, weights, n_items)
    between, within = _variances(items, own, weights, total, weight)
    if between <= 0:
        return prior
    others = total[items] - weights * own
    return prior + others / (weight[items] - weights + within / between)


def _variances(
    items: np.ndarray, own: np.ndarray, weights: np.ndarray, total: np.ndarray, weight: np.ndarray
) -> tuple[float, float]:
    """Variance between items, from products of two probes of one item, and what is left within."""
    squares = np.bincount(items, (weights * own) ** 2, len(total))
    pairs = np.bincount(items, weights**2, len(total))
    overall = float(np.average(own**2, weights=weights))
    n_pairs = float((weight**2 - pairs).sum())
    between = float((total**2 - squares).sum()) / n_pairs if n_pairs > 0 else 0.0
    between = min(between, 0.95 * overall)
    return between, overall - between


def _rates(
    points: np.ndarray, adjusted: np.ndarray, weights: np.ndarray, n_points: int
) -> tuple[np.ndarray, np.ndarray]:
    """Weighted mean per point and its variance, ``(P,), (P,)``: NaN and infinite where unvisited.

    The variance of a single outcome is pooled over points: a point's own few outcomes say little of it, and what they
    say goes with its rate. A point's outcomes lie closer to their own mean than to its rate, all of them where it is
    one; what that leaves is told by the variance of all outcomes together, as if of a few more.
    """
    weights = weights / weights.mean()
    total = np.bincount(points, weights, n_points)
    visited = total > 0
    rates = np.full(n_points, np.nan)
    np.divide(np.bincount(points, weights * adjusted, n_points), total, out=rates, where=visited)
    squares = np.bincount(points, weights**2, n_points)
    free = weights.sum() - float((squares[visited] / total[visited]).sum())  # degrees of freedom within points
    overall = float(np.average((adjusted - np.average(adjusted, weights=weights)) ** 2, weights=weights))
    spread = float((weights * (adjusted - rates[points]) ** 2).sum() + FEW * overall) / (free + FEW)
    trials = np.divide(total**2, squares, out=np.zeros(n_points), where=visited)
    variance = np.divide(max(spread, 1e-3), trials, out=np.full(n_points, np.inf), where=visited)
    return rates, variance
