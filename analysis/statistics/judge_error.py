"""Shares and rates that a judge counted, corrected for what the judge gets wrong.

Whatever decides that something failed, or names an attribute, is a measuring instrument. How it errs is counted in a
labelled sample, of which the true values are known, too; that sample must be another one than the judged items, and
alike to them within each true value.

Shapes: ``P`` points or prompts, ``K`` values, ``M`` labelled items, ``D`` draws.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import norm
from statsmodels.stats.proportion import proportion_confint

from failscape.analysis.statistics.rates import CONFIDENCE, wilson
from failscape.errors import UsageError

ABSTAINED = -1
HELD, FAILED = 0, 1  # the two values of a judge of failures
DRAWS = 2000
BLOCK = 64  # prompts whose draws are in memory at once
STEPS = 2000  # of expectation and maximisation, where shares lie on the boundary
NOTHING = 1e-6  # a share that is none
LEAST_DETERMINANT = 1e-6


class Confusion(NamedTuple):
    """What a judge said of labelled items."""

    counts: np.ndarray  # (K, K) int64: true value by judged value, of items on which the judge decided
    abstained: np.ndarray  # (K,) int64: the other items, by true value

    @property
    def shares(self) -> np.ndarray:
        """Of the items of a true value (row), how many were judged so (column): ``(K, K)`` in [0, 1].

        Rows sum to the share on which the judge decided; NaN where no item has the true value.
        """
        labelled = self.labelled[:, None]
        return np.divide(self.counts, labelled, out=np.full(self.counts.shape, np.nan), where=labelled > 0)

    @property
    def labelled(self) -> np.ndarray:
        """Labelled items of each true value, ``(K,)``."""
        return self.counts.sum(axis=1) + self.abstained


def confusion(true: np.ndarray, judged: np.ndarray, n_values: int) -> Confusion:
    """Counts of a labelled sample, ``(M,), (M,)``; ``judged`` is ``ABSTAINED`` where the judge did not decide.

    Raises:
        UsageError: different lengths, fewer than two values, or an index that is none.
    """
    true, judged = np.asarray(true, np.int64), np.asarray(judged, np.int64)
    if n_values < 2:
        raise UsageError(f"a judge needs at least two values, not {n_values}")
    if true.shape != judged.shape:
        raise UsageError(f"{true.size} true values and {judged.size} judged ones: both are needed of each item")
    if true.size and (true.min() < 0 or max(true.max(), judged.max()) >= n_values or judged.min() < ABSTAINED):
        raise UsageError(f"values of a labelled sample are 0 to {n_values - 1}, and {ABSTAINED} where a judge abstains")
    table = np.zeros((n_values, n_values + 1), np.int64)
    np.add.at(table, (true, judged), 1)  # an abstention, -1, is the last column
    return Confusion(table[:, :-1], table[:, -1])


def confusion_interval(found: Confusion, confidence: float = CONFIDENCE) -> tuple[np.ndarray, np.ndarray]:
    """Clopper and Pearson's interval (1934) of each of :attr:`Confusion.shares`: ``(K, K), (K, K)`` in [0, 1].

    Each by itself covers with at least the confidence; the whole of [0, 1] where no item has the true value.
    """
    return exact_interval(found.counts, found.labelled[:, None], confidence)


def exact_interval(counts: np.ndarray, trials: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Clopper and Pearson's interval of shares, any shapes that broadcast; the whole of [0, 1] without a trial."""
    counts, trials = np.broadcast_arrays(counts, trials)
    low, high = proportion_confint(counts, np.maximum(trials, 1), alpha=1 - confidence, method="beta")
    return np.where(trials > 0, low, 0.0), np.where(trials > 0, high, 1.0)


class Corrected(NamedTuple):
    """Shares as they were counted, and corrected: ``(P, K)`` each, or ``(P,)`` of failures; NaN where none is."""

    raw: np.ndarray
    raw_low: np.ndarray  # Wilson's interval, which knows nothing of the judge
    raw_high: np.ndarray
    share: np.ndarray
    low: np.ndarray
    high: np.ndarray
    variance: np.ndarray  # of ``share``, where it is not on the boundary


def corrected_rates(
    failures: np.ndarray, trials: np.ndarray, found: Confusion, confidence: float = CONFIDENCE, seed: int = 0
) -> Corrected:
    """Failure rates ``(P,), (P,) -> (P,)``, raw and corrected, as :func:`corrected_shares` says; value 1 is a failure.

    The estimate is ``(raw + specificity - 1) / (sensitivity + specificity - 1)``, clipped to [0, 1] (Rogan and Gladen
    1978).
    """
    failures, trials = np.asarray(failures, float), np.asarray(trials, float)
    if found.counts.shape != (2, 2):
        raise UsageError(f"a judge of failures has two values, not {len(found.counts)}")
    shares = corrected_shares(np.stack([trials - failures, failures], axis=-1), found, confidence, seed)
    return Corrected(*(column[:, FAILED] for column in shares))


def corrected_shares(counts: np.ndarray, found: Confusion, confidence: float = CONFIDENCE, seed: int = 0) -> Corrected:
    """Shares of true values among judged items, ``(P, K) -> (P, K)``: of all items, those without a decision included.

    The raw shares are those that the true ones give after passing through the confusion matrix. The estimate inverts
    it; where that leaves the simplex, it is the likeliest point of the simplex. Intervals carry the uncertainty of the
    judged and of the labelled sample: they are quantiles of the inverse over draws of both, each row from its posterior
    under the Dirichlet prior that is worth one item (of two values Jeffreys' prior). Draws are inverted as they are and
    clipped at the end, because constraining each would move all intervals inwards from 0 and 1. Where fewer items are
    judged so than the judge's errors alone would make, that could leave a single point: there the interval reaches a
    normal quantile of deviations from the boundary at least. The variance is that of the inverse to first order.

    Args:
        counts: items by judged value; may be fractional, an effective sample size.
        found: of the labelled sample. A judge that abstained on none of it is taken for one that never does.
        confidence: of each interval by itself.
        seed: of the draws.

    Raises:
        UsageError: counts that are none, a true value that is not among the labelled, a judge no better than chance.
    """
    counts, shares = checked_counts(counts, len(found.counts)), _checked(found)
    total = counts.sum(axis=1, keepdims=True)
    some = total[:, 0] > 0
    raw = np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0)
    raw_low, raw_high = wilson(counts, np.broadcast_to(total, counts.shape), confidence)
    share, variance = np.full(counts.shape, np.nan), np.full(counts.shape, np.nan)
    share[some] = _likeliest(raw[some], shares)
    variance[some] = _variance(share[some], total[some], shares, found.labelled)
    low, high = _drawn_interval(counts, found, confidence, np.random.default_rng(seed))
    reach = norm.isf((1 - confidence) / 2) * np.sqrt(variance)
    low = np.where(share >= 1, np.minimum(low, 1 - reach), low)
    high = np.where(share <= 0, np.maximum(high, reach), high)
    low[~some], high[~some] = 0, 1
    return Corrected(raw, raw_low, raw_high, share, low, high, variance)


def checked_counts(counts: np.ndarray, n_values: int) -> np.ndarray:
    """Counts ``(P, K)`` as floats; a line that says what is wrong with others."""
    counts = np.asarray(counts, float)
    if counts.ndim != 2 or counts.shape[1] != n_values:
        raise UsageError(f"counts of {n_values} values have the shape (prompts, {n_values}), not {counts.shape}")
    if not (np.isfinite(counts).all() and (counts >= 0).all()):
        raise UsageError("counts of judged items must be finite and not negative")
    return counts


def _checked(found: Confusion) -> np.ndarray:
    """The shares of a confusion that can be inverted."""
    decided = found.counts.sum(axis=1)
    if (decided == 0).any():
        raise UsageError(f"no labelled item of the true value {int(decided.argmin())} was judged: label some")
    if np.linalg.det(found.counts / decided[:, None]) < LEAST_DETERMINANT:
        raise UsageError("this judge tells the values apart no better than chance: take another one, or label more")
    return found.shares


def _likeliest(raw: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """The true shares under which judged ones ``(P, K)`` are likeliest: ``(P, K)``.

    Among decided items first, by expectation and maximisation where the inverse has a negative share; then each value
    weighs the more the more often the judge abstains on it.
    """
    decided = shares.sum(axis=1)
    rows = shares / decided[:, None]
    inverse = raw @ np.linalg.inv(rows)
    outside = (inverse < 0).any(axis=1)
    found, seen = np.full((int(outside.sum()), raw.shape[1]), 1 / raw.shape[1]), raw[outside]
    for _ in range(STEPS if outside.any() else 0):
        passed = found @ rows
        found = found * (np.divide(seen, passed, out=np.zeros_like(seen), where=passed > 0) @ rows.T)
    # What is left of a share that goes to zero is rounding.
    inverse[outside] = np.where(found < NOTHING, 0, found)
    weighted = inverse / decided
    return weighted / weighted.sum(axis=1, keepdims=True)


def _variance(share: np.ndarray, total: np.ndarray, shares: np.ndarray, labelled: np.ndarray) -> np.ndarray:
    """Variance of corrected shares to first order (the delta method), ``(P, K)``: judged plus labelled sample.

    One judged item more of value ``k`` moves the estimate by ``moves[:, k] / n``; a labelled one of the true value
    ``i`` moves it against that, by as many judged items as have that value.
    """
    inverse = np.linalg.inv(shares)
    passed = share @ shares  # equals the raw shares but on the boundary, where no value may have none
    judged = passed.sum(axis=1)  # the share of items that are decided
    raw = passed / judged[:, None]
    moves = (inverse - share[:, None, :] * inverse.sum(axis=1)[:, None]) * judged[:, None, None]
    of_judged = np.einsum("pk,pkj->pj", raw, moves**2) - np.einsum("pk,pkj->pj", raw, moves) ** 2
    of_row = np.einsum("ik,pkj->pij", shares, moves**2) - np.einsum("ik,pkj->pij", shares, moves) ** 2
    weight = (share / judged[:, None]) ** 2 / np.maximum(labelled - 1, 1)
    return of_judged / np.maximum(total - 1, 1) + np.einsum("pi,pij->pj", weight, of_row)


def _drawn_interval(
    counts: np.ndarray, found: Confusion, confidence: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Quantiles of the inverse over draws of both samples, clipped to [0, 1]: ``(P, K), (P, K)``."""
    n_values = len(found.counts)
    cells = np.column_stack([found.counts, found.abstained]) if found.abstained.any() else found.counts
    rows = _dirichlet(rng, cells, n_values)[:, :n_values]
    inverses = np.moveaxis(np.linalg.inv(np.moveaxis(rows, 2, 0)), 0, 2)
    tail = (1 - confidence) / 2
    bounds = np.empty((2, *counts.shape))
    for start in range(0, len(counts), BLOCK):
        judged = _dirichlet(rng, counts[start : start + BLOCK], n_values)
        true = sum(judged[:, k, None] * inverses[k] for k in range(n_values))
        true /= true.sum(axis=1, keepdims=True)  # not one already where the judge abstains
        bounds[:, start : start + BLOCK] = np.quantile(true, [tail, 1 - tail], axis=2)
    low, high = np.clip(bounds, 0, 1)
    return low, high


def _dirichlet(rng: np.random.Generator, counts: np.ndarray, n_values: int) -> np.ndarray:
    """Draws of shares given counts, ``(R, C) -> (R, C, D)``."""
    drawn = rng.standard_gamma(counts[:, :, None] + 1 / n_values, (*counts.shape, DRAWS))
    return drawn / drawn.sum(axis=1, keepdims=True)
