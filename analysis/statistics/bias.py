"""The bias of a prompt: how far the attributes of its images are from a stated target distribution.

The distance is total variation, the largest difference in the probability of any set of values. ``docs/bias.md`` says
what is measured, and why it is measured so.

Shapes: ``P`` prompts, ``K`` values.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np
from scipy.stats import beta, binom

from failscape.analysis.statistics.e_values import Null
from failscape.analysis.statistics.judge_error import Confusion, checked_counts, corrected_shares, exact_interval
from failscape.analysis.statistics.multiple_testing import LEVEL
from failscape.analysis.statistics.rates import CONFIDENCE
from failscape.errors import UsageError

POWER = 0.8
IMAGES, MIN_IMAGES = 60, 32  # fresh ones, by which a biased prompt is confirmed
JUDGE_DOUBT = 0.01  # probability that any upper bound on the judge's errors is too low
MOST_VALUES = 12  # all sets of values are enumerated


class Distance(NamedTuple):
    """Total variation from the target: ``(P,)`` each in [0, 1]; NaN, 0 and 1 where nothing is judged."""

    raw: np.ndarray  # of the shares as they were counted
    distance: np.ndarray  # corrected for the judge, and for what chance adds
    low: np.ndarray
    high: np.ndarray


def parity(n_values: int) -> np.ndarray:
    """The target of equal shares, ``(K,)``."""
    return np.full(n_values, 1 / n_values)


def checked_target(target: np.ndarray) -> np.ndarray:
    """A target distribution ``(K,)`` as floats.

    Raises:
        UsageError: it is no distribution, or has fewer than two values or too many.
    """
    target = np.asarray(target, float)
    if target.ndim != 1 or not 2 <= len(target) <= MOST_VALUES:
        raise UsageError(f"a target distribution has 2 to {MOST_VALUES} shares, not an array of shape {target.shape}")
    if not (np.isfinite(target).all() and (target >= 0).all() and abs(target.sum() - 1) < 1e-6):
        raise UsageError("the shares of a target distribution are not negative and sum to 1")
    return target / target.sum()


def distances(
    counts: np.ndarray,
    target: np.ndarray,
    found: Confusion | None = None,
    confidence: float = CONFIDENCE,
    seed: int = 0,
) -> Distance:
    """Distance of each prompt from the target, ``(P, K), (K,) -> (P,)``.

    Counted shares lie off the target by chance alone. The square of each difference is too large by the variance of the
    share, which is subtracted before the root is taken, down to 0 (without a judge's error this square has no bias).
    The interval holds every distance that the intervals of the shares allow; for more than two values they hold
    together (Bonferroni).

    Args:
        counts: images by judged value.
        target: shares that sum to 1.
        found: errors of the judge in a labelled sample; None for a judge that makes none.
        confidence: of the interval.
        seed: of the draws behind corrected intervals.

    Raises:
        UsageError: as :func:`checked_target` and
            :func:`~failscape.analysis.statistics.judge_error.corrected_shares` do.
    """
    target = checked_target(target)
    counts = checked_counts(counts, len(target))
    _check_values(target, found)
    each = confidence if len(target) == 2 else 1 - (1 - confidence) / len(target)
    total = counts.sum(axis=1, keepdims=True)
    share = raw = np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0)
    if found is None:
        variance = raw * (1 - raw) / np.maximum(total - 1, 1)
        low, high = exact_interval(counts, total, each)
    else:
        corrected = corrected_shares(counts, found, each, seed)
        share, variance, low, high = corrected.share, corrected.variance, corrected.low, corrected.high
    unbiased = np.sqrt(np.maximum((share - target) ** 2 - variance, 0))
    least, most = distance_bounds(low, high, target)
    return Distance(total_variation(raw, target), unbiased.sum(axis=1) / 2, least, most)


def total_variation(shares: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Half the sum of absolute differences, ``(P, K), (K,) -> (P,)``."""
    return np.abs(shares - target).sum(axis=-1) / 2


def distance_bounds(low: np.ndarray, high: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least and largest distance of shares that lie from ``low`` to ``high``: ``(P, K), (P, K) -> (P,), (P,)``.

    The distance is the largest excess of any set of values over the target; that of a set is bounded by the bounds of
    its values, and by those of all others.
    """
    sets = _sets(len(target))
    least = np.maximum(low @ sets.T, 1 - high @ (1 - sets).T) - target @ sets.T
    most = np.minimum(high @ sets.T, 1 - low @ (1 - sets).T) - target @ sets.T
    return np.clip(least.max(axis=-1), 0, 1), np.clip(most.max(axis=-1), 0, 1)


def _sets(n_values: int) -> np.ndarray:
    """All sets of values, ``(2^K, K)`` of 0 and 1."""
    return np.array(list(product((0.0, 1.0), repeat=n_values)))


def _check_values(target: np.ndarray, found: Confusion | None) -> None:
    if found is not None and len(found.counts) != len(target):
        raise UsageError(f"the judge has {len(found.counts)} values, and the target distribution {len(target)}")


def judged_null(target: np.ndarray, found: Confusion | None = None, doubt: float = JUDGE_DOUBT) -> Null:
    """What a judge may say of images that follow the target, ``(K,)``: an interval of shares for each value.

    The target passed through any confusion matrix whose errors are at most their upper bounds (Clopper and Pearson's,
    Bonferroni over all of them). All bounds hold but with a probability of ``doubt``, by which a test at some level
    errs more often at most. Where the judge abstained on labelled images, the share on which it decides may differ
    between values within its bounds, too; one that never did is taken for one that cannot.

    Args:
        target: shares that sum to 1.
        found: errors of the judge in a labelled sample; None for a judge that makes none.
        doubt: probability that some bound is too low.
    """
    target = checked_target(target)
    if found is None:
        return Null(target, target, target)
    _check_values(target, found)
    k, abstains = len(target), bool(found.abstained.any())
    # Of two values, a wrong judgement can be one thing only. Of decisions there is an upper and a lower bound.
    n_bounds = (2 if k == 2 else k * k) + 2 * k * abstains
    each = 1 - 2 * doubt / n_bounds  # both tails are cut, and one is used
    decided = found.counts.sum(axis=1)
    right = np.eye(k, dtype=bool)
    read_so = np.where(right, 1.0, exact_interval(found.counts, decided[:, None], each)[1])
    read_otherwise = exact_interval(decided - found.counts[right], decided, each)[1]
    fewest, most = exact_interval(decided, found.labelled, each) if abstains else (np.ones(k), np.ones(k))
    weights = target * np.where(_sets(k) > 0, most, fewest)
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-300)
    low = (weights * (1 - read_otherwise)).min(axis=0)
    return Null(target, low, np.minimum((weights @ read_so).max(axis=0), 1))


def confirmation_p(counts: np.ndarray, null: Null) -> np.ndarray:
    """Exact p-values that judged shares lie within a null, ``(P, K) -> (P,)``, of a number of images fixed beforehand.

    Binomial tails of each value at the bounds of the null, doubled for the two sides, and for more than two values
    times their number (Bonferroni). Images must be fresh ones, by which no prompt was chosen.

    Raises:
        UsageError: a prompt has fewer than ``MIN_IMAGES`` judged images.
    """
    counts = checked_counts(counts, len(null.target))
    total = counts.sum(axis=1, keepdims=True)
    if (total < MIN_IMAGES).any():
        raise UsageError(f"{int(total.min())} judged images confirm nothing: make at least {MIN_IMAGES} of each prompt")
    tails = np.minimum(binom.sf(counts - 1, total, null.high), binom.cdf(counts, total, null.low))
    n_values = counts.shape[1]
    return np.minimum(tails.min(axis=1) * 2 * (1 if n_values == 2 else n_values), 1)


class Visible(NamedTuple):
    """The smallest distances that a test would find; infinite where there is none."""

    easiest: float  # towards the value, or away from it, that is found most easily
    hardest: float  # towards or away from whichever value


def smallest_visible(
    n_images: int,
    n_prompts: int,
    target: np.ndarray,
    found: Confusion | None = None,
    level: float = LEVEL,
    power: float = POWER,
) -> Visible:
    """The distance from the target that :func:`confirmation_p` finds with probability ``power``.

    One value takes from all others in proportion, or gives to them so. The level is divided by the number of prompts,
    which is what the first of them needs under Benjamini and Hochberg. The judge errs as it did in the labelled sample,
    and the null is as wide as its bounds are.

    Raises:
        UsageError: no image or no prompt, or what :func:`judged_null` refuses.
    """
    if n_images < 1 or n_prompts < 1:
        raise UsageError(f"{n_images} images of {n_prompts} prompts: at least one of each is needed")
    null = judged_null(target, found)
    k = len(null.target)
    right = np.eye(k) if found is None else found.counts / np.maximum(found.counts.sum(axis=1, keepdims=True), 1)
    each = level / (n_prompts * 2 * (1 if k == 2 else k))
    up = _needed_share(n_images, null.high, each, power)
    down = 1 - _needed_share(n_images, 1 - null.low, each, power)
    judged = null.target @ right
    rest = np.maximum(1 - null.target, 1e-300)
    others = (judged - null.target * right.diagonal()) / rest  # judged so, of images with another true value
    slope = np.maximum(right.diagonal() - others, 1e-300)
    taken, given = (up - judged) / slope, (judged - down) / slope
    needed = np.concatenate([taken, given])
    room = np.concatenate([1 - null.target, null.target])
    needed = np.where((needed <= room) & np.isfinite(needed), needed, np.inf)
    return Visible(float(needed.min()), float(needed.max()))


def _needed_share(n_images: int, high: np.ndarray, level: float, power: float) -> np.ndarray:
    """The share at which a one-sided exact test of ``share <= high`` has a power, ``(K,)``; NaN where none has."""
    critical = binom.isf(level, n_images, np.minimum(high, 1 - 1e-12)) + 1
    possible = critical <= n_images
    share = beta.ppf(power, np.where(possible, critical, 1), n_images - np.where(possible, critical, 1) + 1)
    return np.where(possible, share, np.nan)
