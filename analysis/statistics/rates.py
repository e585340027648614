"""Rates with intervals, corrected for how points were chosen.

Shapes: ``P`` points, ``M`` probes.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student
from statsmodels.stats.proportion import proportion_confint

CONFIDENCE = 0.95


def wilson(failures: np.ndarray, trials: np.ndarray, confidence: float = CONFIDENCE) -> tuple[np.ndarray, np.ndarray]:
    """Wilson score interval of a rate: ``(P,), (P,) -> (P,), (P,)`` in [0, 1]; the whole of it where there is no trial.

    Trials may be fractional: an effective sample size.
    """
    failures, trials = np.asarray(failures, float), np.asarray(trials, float)
    some = trials > 0
    low, high = proportion_confint(failures, np.where(some, trials, 1), alpha=1 - confidence, method="wilson")
    return np.where(some, np.clip(low, 0, 1), 0.0), np.where(some, np.clip(high, 0, 1), 1.0)


def inverse_propensities(propensity: np.ndarray) -> np.ndarray:
    """Weights of probes, ``(M,) -> (M,)``; an unknown propensity (NaN) weighs 1."""
    return 1 / np.where(np.isnan(propensity), 1.0, propensity)


def weighted_rates(
    points: np.ndarray, failed: np.ndarray, weights: np.ndarray, n_points: int
) -> tuple[np.ndarray, np.ndarray]:
    """Failure rate per point and its effective number of trials, ``(M,) x 3 -> (P,), (P,)``; NaN and 0 where unvisited.

    Each probe counts with the inverse of the probability with which the explorer chose its point for its item
    (Hájek's self-normalised estimator). An explorer that prefers a point for items which fail there would otherwise
    make the point look worse than it is. The effective number is Kish's ``(sum w)^2 / sum w^2``.
    """
    total = np.bincount(points, weights, n_points)
    squares = np.bincount(points, weights**2, n_points)
    failing = np.bincount(points, weights * failed, n_points)
    visited = total > 0
    rates = np.divide(failing, total, out=np.full(n_points, np.nan), where=visited)
    effective = np.divide(total**2, squares, out=np.zeros(n_points), where=visited)
    return rates, effective


def clustered_trials(
    points: np.ndarray, clusters: np.ndarray, failed: np.ndarray, weights: np.ndarray, n_points: int
) -> np.ndarray:
    """Effective trials behind the rate of each point where units of one cluster are alike: ``(M,) x 4 -> (P,)``.

    At each point what :func:`clustered_rate` says of its units; 0 where there are none.
    """
    total = np.bincount(points, weights, n_points)
    rate = np.divide(np.bincount(points, weights * failed, n_points), total, out=np.zeros(n_points), where=total > 0)
    share = weights / total[points]
    kish = np.bincount(points, share**2, n_points)
    n_clusters = int(clusters.max(initial=0)) + 1
    both, which = np.unique(points * n_clusters + clusters, return_inverse=True)
    at = both // n_clusters
    squares = np.bincount(at, np.bincount(which, share) ** 2, n_points)
    variance = np.bincount(at, np.bincount(which, share * (failed - rate[points])) ** 2, n_points)
    alone = np.bincount(at, minlength=n_points) < 2
    flat = alone | (variance <= 1e-15)
    robust = np.divide(rate * (1 - rate), variance, out=np.full(n_points, np.inf), where=~flat)
    found = np.where(flat, 1 / np.maximum(squares, 1e-300), np.minimum(1 / np.maximum(kish, 1e-300), robust))
    return np.where(total > 0, found, 0.0)


def difference_p(clusters: np.ndarray, failed: np.ndarray, weights: np.ndarray, inside: np.ndarray) -> float:
    """One-sided p-value of units inside a region failing no more than those outside: ``(M,) x 4``; 1 where not higher.

    A score test with clusters for units: under the hypothesis each cluster adds to the difference of the two rates with
    mean zero, whatever the correlation within it, and a cluster on both sides is compared with itself. The variance is
    at least that of one correlation within all clusters.
    """
    if not inside.any() or inside.all():
        return 1.0
    sides = np.where(inside, weights / weights[inside].sum(), -weights / weights[~inside].sum())
    pooled = float(np.average(failed, weights=weights))
    _, which = np.unique(clusters, return_inverse=True)
    added = np.bincount(which, sides * (failed - pooled))
    correlation = intraclass(which, failed - pooled, pooled)
    alone, together = float((sides**2).sum()), float((np.bincount(which, sides) ** 2).sum())
    expected = pooled * (1 - pooled) * ((1 - correlation) * alone + correlation * together)
    return sum_p(added, expected)


def intraclass(cluster: np.ndarray, residual: np.ndarray, rate: float) -> float:
    """Correlation of two units of one cluster, by moments: ``(M,), (M,) -> float`` in [0, 1]; 0 where none has two."""
    size = np.bincount(cluster)
    products = float((np.bincount(cluster, residual) ** 2).sum() - (residual**2).sum())
    n_pairs, variance = float((size * (size - 1)).sum()), rate * (1 - rate)
    return float(np.clip(products / (n_pairs * variance), 0, 1)) if n_pairs > 0 and variance > 0 else 0.0


def sum_p(added: np.ndarray, least: float = 0.0) -> float:
    """One-sided p-value of independent terms ``(C,)``, each of mean zero, summing to so much; 1 where not above zero.

    The sum over the root of its squares is Student's t, with as many degrees of freedom as there are terms that carry
    the variance (Satterthwaite), so that a few of them prove little. Terms that are skewed to below zero, as where
    nearly everything fails, would make it too large too often; Hall's transformation (1992) takes that back.

    Args:
        added: the terms.
        least: variance that the sum has at least, as a model says: where all of few units fail, the terms say that
            there is none.
    """
    squares, total = float((added**2).sum()), float(added.sum())
    if total <= 0 or squares <= 1e-18:
        return 1.0
    freedom = squares**2 / float((added**4).sum()) - 1
    t, skew = total / np.sqrt(max(squares, least)), float((added**3).sum()) / squares**1.5
    t = min(t, t + skew * t**2 / 3 + skew**2 * t**3 / 27 + skew / 6)
    return 1.0 if freedom <= 0 else float(student.sf(t, freedom))


def cluster_interval(clusters: np.ndarray, failed: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """95 % interval of the failure rate of units in clusters, ``(M,) x 3``: of the rate of new clusters.

    Wilson's score interval of the effective number of trials, which is made smaller by the squared ratio of the normal
    and Student's quantile, because few clusters know little of their own spread (Korn and Graubard 1998).
    """
    rate, trials = clustered_rate(clusters, failed, weights)
    n = len(np.unique(clusters))
    if n < 2:
        return 0.0, 1.0
    fewer = (norm.isf((1 - CONFIDENCE) / 2) / student.isf((1 - CONFIDENCE) / 2, n - 1)) ** 2
    low, high = wilson(np.array([rate * trials * fewer]), np.array([trials * fewer]))
    return float(low[0]), float(high[0])


def clustered_rate(items: np.ndarray, failed: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Failure rate of probes of items, and its effective number of trials, ``(M,) x 3``; NaN and 0 where none are.

    Probes of one item are alike, so that many of them are worth less than as many items. The effective number is what
    a binomial rate would need for the same variance between items (Liang and Zeger 1986), at most Kish's.
    """
    if not len(failed):
        return float("nan"), 0.0
    _, which = np.unique(items, return_inverse=True)
    share = weights / weights.sum()
    rate = min(1.0, float(share @ failed))
    per_item = np.bincount(which, share)
    kish = float(1 / (share**2).sum())
    variance = float((np.bincount(which, share * (failed - rate)) ** 2).sum())
    if len(per_item) < 2 or variance <= 1e-15:
        return rate, float(1 / (per_item**2).sum())  # all failed, or none: each item says so once
    return rate, min(kish, rate * (1 - rate) / variance)
