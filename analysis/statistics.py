"""Rates with intervals, corrected for how points were chosen.

Shapes: ``P`` points, ``M`` probes.
"""

from __future__ import annotations

import numpy as np
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
