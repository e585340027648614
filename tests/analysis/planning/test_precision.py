"""The planned interval is that of the measured rate."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from failscape.analysis.planning.precision import half_width, items_needed, smallest_difference
from failscape.analysis.statistics.rates import cluster_interval


@pytest.mark.parametrize(("n", "rate"), [(20, 0.5), (100, 0.3), (400, 0.1)])
def test_the_half_width_is_that_of_the_interval(n: int, rate: float) -> None:
    failed = (np.arange(n) < round(rate * n)).astype(float)
    low, high = cluster_interval(np.arange(n), failed, np.ones(n))
    assert half_width(rate, n, n) == pytest.approx((high - low) / 2, abs=1e-3)


def test_several_probes_of_an_item_are_worth_less_than_as_many_items() -> None:
    assert half_width(0.5, 100, 100) > half_width(0.5, 100, 300) > half_width(0.5, 300, 300)


@given(st.floats(0.02, 0.98), st.sampled_from([0.02, 0.05, 0.1]))
def test_as_many_items_as_are_needed_are_just_enough(rate: float, wanted: float) -> None:
    n = items_needed(rate, wanted)
    assert half_width(rate, n, n) <= wanted
    assert n == 1 or half_width(rate, n - 1, n - 1) > wanted


def test_a_difference_is_shown_as_often_as_planned() -> None:
    rng, n = np.random.default_rng(0), 400
    difference = smallest_difference(0.5, n, n, 0.8)
    a, b = (rng.binomial(n, 0.5 + sign * difference / 2, 20_000) / n for sign in (1, -1))
    z = (a - b) / np.sqrt((a * (1 - a) + b * (1 - b)) / n)
    assert (np.abs(z) > 1.96).mean() == pytest.approx(0.8, abs=0.02)


def test_one_item_says_nothing() -> None:
    assert half_width(0.5, 1, 3) == 0.5
