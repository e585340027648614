"""Exact tests of many rates at once, with the share of false finds held down.

Shapes: ``T`` tests.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import binom, hypergeom
from statsmodels.stats.multitest import multipletests

LEVEL = 0.05  # significance level: family-wise error rate, or false discovery rate
ROUNDING = 1e-9  # of counts that are whole but for the last bits


def exceeds(
    failures: np.ndarray, trials: np.ndarray, other_failures: np.ndarray, other_trials: np.ndarray
) -> np.ndarray:
    """One-sided exact p-values of a rate being higher than another, both estimated: ``(T,) x 4 -> (T,)``.

    Fisher's exact test, which conditions on the sum of failures, so that nothing need be known of the other rate.
    Effective counts are rounded against the finding: trials down, failures down with them, failures of the other up.
    A rate that is not higher has 1.
    """
    n, k = _whole(trials, failures, np.floor)
    m, b = _whole(other_trials, other_failures, np.ceil)
    n, k, m, b = np.atleast_1d(*np.broadcast_arrays(n, k, m, b))
    p = np.ones(n.shape)
    higher = np.flatnonzero(k * m > b * n)
    # Many tests have the same four counts.
    tables, which = np.unique(np.stack([n, k, m, b], axis=-1)[higher], axis=0, return_inverse=True)
    if len(tables):
        n, k, m, b = tables.T
        p[higher] = hypergeom.sf(k - 1, n + m, k + b, n)[which]
    return np.clip(p, 0, 1)


def _whole(trials: np.ndarray, failures: np.ndarray, rounded: np.ufunc) -> tuple[np.ndarray, np.ndarray]:
    """Whole trials, not more than there are, and the failures among them."""
    trials, failures = np.asarray(trials, float), np.asarray(failures, float)
    whole = np.floor(trials + ROUNDING)
    share = np.divide(failures, trials, out=np.zeros(np.broadcast(trials, failures).shape), where=trials > 0)
    nudge = ROUNDING if rounded is np.floor else -ROUNDING
    return whole.astype(np.int64), np.clip(rounded(share * whole + nudge), 0, whole).astype(np.int64)


def exceeds_paired(gained: int, lost: int) -> float:
    """One-sided exact McNemar p-value: of the pairs whose outcome changed, ``gained`` began to fail, ``lost`` ceased.

    The chance of ``gained`` or more heads among as many tosses of a fair coin (McNemar 1947, in its exact form).
    """
    return float(binom.sf(gained - 1, gained + lost, 0.5))


def benjamini_hochberg(p: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Which tests are significant at a false discovery rate of ``level``, and q-values: ``(T,) -> (T,) bool, (T,)``.

    Benjamini and Hochberg (1995).
    """
    if not len(p):
        return np.zeros(0, bool), np.zeros(0)
    rejected, q, *_ = multipletests(p, alpha=level, method="fdr_bh")
    return rejected, q


def holm(p: np.ndarray) -> np.ndarray:
    """p-values adjusted so that the chance of *any* false find stays below a level: ``(T,) -> (T,)``; Holm (1979)."""
    return multipletests(p, method="holm")[1] if len(p) else np.zeros(0)


def simes(p: np.ndarray, n_tests: int) -> float:
    """p-value of *nothing is there*, for a group of tests picked out of ``n_tests``: ``(T,) -> float``.

    ``min_i n_tests p_(i) / i`` over the group's own sorted p-values. Simes' inequality (1986) over all true nulls makes
    the chance that any group of nulls only falls below a level at most that level, however the groups are picked.
    """
    return float(min(1.0, (n_tests * np.sort(p) / np.arange(1, len(p) + 1)).min())) if len(p) else 1.0
