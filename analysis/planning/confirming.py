"""The power of confirmation: held-out items that fail at a known rate, beside themselves unedited and beside the rest.

The two tests of :func:`failscape.analysis.modes.confirmation.confirm_modes`, for one mode.

Shapes: ``S`` strata of a binomial distribution, ``G`` of another.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.stats import binom, norm
from scipy.stats import t as student

from failscape.analysis.modes.confirmation import MAX_USES, MIN_ITEMS, N_ITEMS
from failscape.analysis.planning.likeness import design_effect
from failscape.analysis.planning.study import Study
from failscape.analysis.statistics.multiple_testing import LEVEL

STRATA = 40  # of equal probability, in place of a sum over all counts


def held_out_items(study: Study, one_group: bool) -> int:
    """Held-out items that a mode of one group, or of all, may ask."""
    return study.n_held_out // study.groups if one_group else study.n_held_out


def held_out_units(n_items: int, n_points: int) -> int:
    """Units by which a mode of ``n_points`` is measured: items at points, at most three of each item."""
    return min(N_ITEMS, n_items * min(MAX_USES, n_points))


def confirmation_power(study: Study, rate: float, n_points: int, *, one_group: bool = False) -> float:
    """Probability that a true mode is confirmed: both tests must reject at 5 %.

    Whether an item fails edited and whether it fails unedited are taken as independent; where they are not, fewer cease
    to fail, and the power is larger. The exact McNemar test is summed over the failures of the edited items and over
    those that ceased; given the failures, the score test is a normal distribution with items as clusters.

    Args:
        study: the planned run.
        rate: of failure under the mode's rule.
        n_points: of the mode.
        one_group: whether it is of one group.
    """
    n_items = min(held_out_items(study, one_group), N_ITEMS)
    if n_items < MIN_ITEMS or rate <= study.base:
        return 0.0
    failing = strata(n_items, rate)
    paired = mcnemar_power_given(failing, n_items, study.base)
    own = held_out_units(n_items, n_points)
    return float((paired * score_power_given(study, failing, n_items, own, rate, n_points, one_group)).mean())


def strata(n: int, rate: float) -> np.ndarray:
    """Counts ``(S,)`` of equal weight that stand for a binomial distribution."""
    return binom.ppf((np.arange(STRATA) + 0.5) / STRATA, n, rate)


def mcnemar_power_given(failing: np.ndarray, n: int, base: float) -> np.ndarray:
    """Probability that McNemar's exact test rejects, given how many of ``n`` edited items fail: ``(S,) -> (S,)``.

    Of the failing ones those that held unedited gained a failure; of the others those that failed unedited lost one.
    """
    lost = strata_of(n - failing, base)  # (S, G)
    needed = least_gained()[lost.astype(np.int64)]
    return np.asarray(binom.sf(needed - 1, failing[:, None], 1 - base).mean(axis=1))


def strata_of(n: np.ndarray, rate: float) -> np.ndarray:
    """:func:`strata` for several numbers of trials: ``(S,) -> (S, G)``."""
    return binom.ppf((np.arange(STRATA) + 0.5) / STRATA, n[:, None], rate)


_LEAST: list[np.ndarray] = []


def least_gained() -> np.ndarray:
    """Fewest gained failures that McNemar's test rejects with, by how many were lost: ``(N_ITEMS + 1,)``."""
    if not _LEAST:
        lost, gained = np.indices((N_ITEMS + 1, 2 * N_ITEMS))
        _LEAST.append((binom.sf(gained - 1, gained + lost, 0.5) <= LEVEL).argmax(axis=1))
    return _LEAST[0]


def score_power_given(
    study: Study, failing: np.ndarray, n_items: int, own: int, rate: float, n_points: int, one_group: bool
) -> np.ndarray:
    """Probability that the score test against held-out items elsewhere rejects: ``(S,) -> (S,)``.

    Args:
        study: the planned run.
        failing: of the first probes of the mode's items, how many fail.
        n_items: of the mode.
        own: units of the mode, of which ``n_items`` are first ones.
        rate: of failure under its rule.
        n_points: of the mode.
        one_group: whether it is of one group.
    """
    base, later = study.base, own - n_items
    covered = n_points / study.n_points / (study.groups if one_group else 1)
    rest = max(held_out_units(study.n_held_out, study.n_points) * (1 - covered), 1.0)
    n_rest = rest / design_effect(base, rest / min(study.n_held_out, N_ITEMS))
    n_own = own / design_effect(rate, own / n_items)
    mean = (failing + later * rate) / own
    pooled = (own * mean + rest * base) / (own + rest)
    error = np.sqrt(np.maximum(pooled * (1 - pooled), 1e-12) * (1 / n_own + 1 / n_rest))
    freedom = max(min(n_items, 4 * n_rest) - 1, 1)
    # What is random once the first probes are known: later probes of the same items, and the rest.
    random = math.sqrt(later * rate * (1 - rate) / own**2 + base * (1 - base) / n_rest + 1e-12)
    return np.asarray(norm.sf((student.isf(LEVEL, freedom) * error - (mean - base)) / random))
