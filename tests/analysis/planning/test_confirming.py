"""The power of confirmation is that of the tests themselves, and grows with what it should grow with."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from failscape.analysis.planning.confirming import (
    confirmation_power,
    held_out_units,
    least_gained,
    mcnemar_power_given,
    strata,
)
from failscape.analysis.planning.study import Study, axes_from
from failscape.analysis.statistics.multiple_testing import LEVEL, exceeds_paired
from failscape.analysis.statistics.rates import difference_p

STUDY = Study(axes_from("10x10"), 10_000, 1000, base=0.1)


@pytest.mark.parametrize("lost", [0, 1, 5, 40, 200])
def test_the_fewest_gained_failures_are_just_significant(lost: int) -> None:
    needed = int(least_gained()[lost])
    assert exceeds_paired(needed, lost) <= LEVEL < exceeds_paired(needed - 1, lost)


@pytest.mark.parametrize(("n", "rate", "base"), [(20, 0.4, 0.1), (100, 0.3, 0.2), (60, 0.2, 0.0)])
def test_mcnemars_power_is_the_sum_over_all_outcomes(n: int, rate: float, base: float) -> None:
    gains, losses = rate * (1 - base), base * (1 - rate)
    exact = sum(
        binom.pmf(changed, n, gains + losses) * binom.pmf(gained, changed, gains / (gains + losses))
        for changed in range(n + 1)
        for gained in range(changed + 1)
        if exceeds_paired(gained, changed - gained) <= LEVEL
    )
    assert mcnemar_power_given(strata(n, rate), n, base).mean() == pytest.approx(exact, abs=0.02)


@pytest.mark.parametrize(("items", "rate", "base"), [(2000, 0.2, 0.1), (150, 0.25, 0.05), (500, 0.4, 0.3)])
def test_power_is_that_of_simulated_tests(items: int, rate: float, base: float) -> None:
    study, rng, size = replace(STUDY, items=items, base=base), np.random.default_rng(0), 6
    n_items = min(study.n_held_out, 400)
    own, rest = held_out_units(n_items, size), round(held_out_units(n_items, 100) * (1 - size / 100))
    clusters = np.concatenate([np.arange(own) % n_items, np.arange(rest) % n_items])
    inside = np.arange(own + rest) < own

    def confirmed() -> bool:
        hard = np.where(rng.random(n_items) < 0.5, 1.5, 0.5)[clusters]  # as plans assume
        failed = (rng.random(own + rest) < np.where(inside, rate, base) * hard).astype(float)
        unedited = rng.random(n_items) < base
        edited = failed[:n_items] > 0
        paired = exceeds_paired(int((edited & ~unedited).sum()), int((unedited & ~edited).sum()))
        return max(paired, difference_p(clusters, failed, np.ones(own + rest), inside)) <= LEVEL

    simulated = np.mean([confirmed() for _ in range(600)])
    assert confirmation_power(study, rate, size) == pytest.approx(simulated, abs=0.07)


@settings(deadline=None, max_examples=30)
@given(st.integers(100, 4000), st.floats(0.02, 0.3), st.floats(0, 0.6), st.booleans())
def test_power_grows_with_the_rate_and_with_items(items: int, base: float, excess: float, one_group: bool) -> None:
    study = replace(STUDY, items=items, base=base, groups=4)
    rate = min(base + excess, 1.0)
    power = confirmation_power(study, rate, 5, one_group=one_group)
    assert 0 <= power <= 1
    assert confirmation_power(study, min(rate + 0.1, 1.0), 5, one_group=one_group) >= power - 0.01
    # An exact test is never quite at its level, so a few items more can lower the power a little; twice as many do not.
    assert confirmation_power(replace(study, items=2 * items), rate, 5, one_group=one_group) >= power - 0.03


def test_a_handful_of_items_confirms_nothing() -> None:
    study = replace(STUDY, groups=50)  # four held-out items of each
    assert confirmation_power(study, 1.0, 5, one_group=True) == 0
    assert confirmation_power(study, 1.0, 5) > 0.99


def test_a_rate_that_is_not_higher_is_not_confirmed() -> None:
    assert confirmation_power(STUDY, 0.1, 5) == 0
