"""Evidence that may be looked at after every image: e-values of shares, and the false discovery rate over many of them.

An e-value is never negative and has a mean of 1 at most where the hypothesis holds. Here it is also the value of a
process that keeps this at whatever moment one stops, so that by Ville's inequality (1939) it ever exceeds ``1 / level``
with a probability of at most the level. ``docs/bias.md`` derives it.

Shapes: ``P`` prompts, ``K`` values.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import betaln, logsumexp, xlog1py, xlogy
from scipy.stats import beta

from failscape.analysis.statistics.judge_error import checked_counts

WORTH = 6.0  # images that the prior of alternatives is worth: most of them lie some .2 away from the target
LEAST_SHARE = 1e-6  # a bound of 0 or 1 is moved by so much, that no single image is infinite evidence


class Null(NamedTuple):
    """All shares of judged values that a hypothesis allows: of each value from ``low`` to ``high``, ``(K,)`` each."""

    target: np.ndarray  # what the shares are without error of the judge
    low: np.ndarray
    high: np.ndarray


def log_e_values(counts: np.ndarray, null: Null) -> np.ndarray:
    """Logarithms of the e-values of counts so far, ``(P, K) -> (P,)``; the order of the images does not matter.

    The mean over values and directions of one-sided mixtures of likelihood ratios. That a share is at most ``h`` is
    compared with beta-distributed shares above ``h``: against each of them, the ratio of likelihoods at the alternative
    and at ``h`` is a supermartingale under every share up to ``h``.
    """
    counts = checked_counts(counts, len(null.target))
    asked = slice(1) if counts.shape[1] == 2 else slice(None)  # of two values, one says all
    low, high, target = null.low[asked], null.high[asked], null.target[asked]
    ones, others = counts[:, asked], counts.sum(axis=1, keepdims=True) - counts[:, asked]
    above, below = _log_above(ones, others, high, target), _log_above(others, ones, 1 - low, 1 - target)
    return logsumexp(np.concatenate([above, below], axis=1), axis=1) - np.log(2 * len(target))


def _log_above(counts: np.ndarray, others: np.ndarray, bound: np.ndarray, target: np.ndarray) -> np.ndarray:
    """One-sided e-values that shares are at most ``bound``, ``(P, K), (P, K), (K,), (K,) -> (P, K)`` logarithms.

    The prior is the beta distribution around the target, cut off below the bound.
    """
    bound = np.clip(bound, LEAST_SHARE, 1 - LEAST_SHARE)
    a = WORTH * np.clip(target, LEAST_SHARE, 1 - LEAST_SHARE)
    b = WORTH - a
    with np.errstate(divide="ignore"):  # no mass above the bound is no evidence
        kept = beta.logsf(bound, counts + a, others + b) - beta.logsf(bound, a, b)
    return betaln(counts + a, others + b) - betaln(a, b) + kept - xlogy(counts, bound) - xlog1py(others, -bound)


def e_benjamini_hochberg(log_e: np.ndarray, level: float) -> np.ndarray:
    """Which hypotheses are rejected at a false discovery rate of ``level``, ``(P,) -> (P,)`` bool.

    The ``k`` largest e-values, for the largest ``k`` of which all are at least ``P / (level k)``; whatever the
    dependence between them (Wang and Ramdas 2022). The e-value of a prompt that was rejected may be kept as it was
    then: no more images of it need be made, and later looks reject it again.
    """
    log_e = np.asarray(log_e, float)
    order = np.sort(log_e)[::-1]
    needed = -np.log(level * np.arange(1, len(log_e) + 1) / max(len(log_e), 1))
    passing = np.flatnonzero(order >= needed)
    return log_e >= needed[passing[-1]] if len(passing) else np.zeros(len(log_e), bool)
