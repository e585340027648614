"""How different the failures are that a run has found, and how soon it found them.

Shapes: ``P`` points, ``N`` items, ``F`` features, ``Q`` queries.
"""

from __future__ import annotations

import numpy as np


def failure_entropy(rates: np.ndarray) -> float:
    """Entropy of the failures over points [bits], ``(P,) -> float``; NaN where nothing fails.

    Args:
        rates: failures, or failure rates, of the points; NaN counts as none.
    """
    rates = np.nan_to_num(np.asarray(rates, float))
    if rates.sum() <= 0:
        return float("nan")
    mass = rates[rates > 0] / rates.sum()
    return float(max(0.0, -(mass * np.log2(mass)).sum()))


def effective_number(rates: np.ndarray) -> float:
    """How many points would share the failures evenly: ``exp`` of the entropy in nats (Hill 1973, order 1)."""
    return float(2 ** failure_entropy(rates))


def feature_diversity(features: np.ndarray) -> float:
    """1 - mean cosine of all pairs of different failures: ``(N, F) -> float``; NaN with fewer than two.

    0 where all failures look the same to the target, 1 where they have nothing in common. Rows without length are left
    out. Give each failing item once: a failure found twice is no diversity.
    """
    lengths = np.linalg.norm(np.asarray(features, float), axis=1)
    unit = np.asarray(features, float)[lengths > 0] / lengths[lengths > 0, None]
    n = len(unit)
    if n < 2:
        return float("nan")
    total = unit.sum(axis=0)  # the mean over pairs needs no matrix of them
    return float(1 - (total @ total - n) / (n * (n - 1)))


def queries_to(failed: np.ndarray, k: int = 1) -> int | None:
    """Queries up to and with the ``k``-th failure: ``(Q,) bool -> int``; None where there are fewer."""
    at = np.flatnonzero(failed)
    return int(at[k - 1]) + 1 if len(at) >= k else None


def discovery_area(failed: np.ndarray) -> float:
    """Area under failures found against queries made, as a share of the most it could be: ``(Q,) bool -> [0, 1]``.

    1 where every query fails; where failures come evenly, their rate. NaN without queries.
    """
    n = len(failed)
    return float(2 * np.cumsum(failed).sum() / (n * (n + 1))) if n else float("nan")
