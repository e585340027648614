"""Paired bootstrap: two choices judged on the same items.

Shapes: ``N`` items.
"""

from __future__ import annotations

import numpy as np

RESAMPLES = 2000


def _means(a: np.ndarray, b: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    n = len(a)
    counts = rng.multinomial(n, np.full(n, 1 / n), size=RESAMPLES)  # how often each item is drawn
    return counts @ a / n, counts @ b / n


def difference(a: np.ndarray, b: np.ndarray, seed: int = 0, confidence: float = 0.95) -> tuple[float, float, float]:
    """Mean of ``a - b`` over paired items, and its percentile interval: ``(N,), (N,) -> (mean, low, high)``."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    if not len(a):
        return (float("nan"),) * 3
    mean_a, mean_b = _means(a, b, seed)
    tail = (1 - confidence) / 2
    low, high = np.quantile(mean_a - mean_b, [tail, 1 - tail])
    return float((a - b).mean()), float(low), float(high)


def ratio(a: np.ndarray, b: np.ndarray, seed: int = 0, confidence: float = 0.95) -> tuple[float, float, float]:
    """Mean of ``a`` over mean of ``b`` and its percentile interval; NaN where ``b`` is all zero."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    if not len(b) or b.mean() == 0:
        return (float("nan"),) * 3
    mean_a, mean_b = _means(a, b, seed)
    fine = mean_b > 0
    tail = (1 - confidence) / 2
    low, high = np.quantile(mean_a[fine] / mean_b[fine], [tail, 1 - tail])
    return float(a.mean() / b.mean()), float(low), float(high)
