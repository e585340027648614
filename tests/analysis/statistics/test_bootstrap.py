"""The paired bootstrap."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm

from failscape.analysis.statistics.bootstrap import difference, ratio

PAIRS = st.integers(1, 40).flatmap(
    lambda n: st.tuples(*[arrays(np.float64, n, elements=st.sampled_from([0.0, 1.0]))] * 2)
)


def test_means_are_exact_and_intervals_hold_them() -> None:
    a, b = np.array([1, 1, 1, 0, 1.0]), np.array([0, 1, 0, 0, 1.0])
    mean, low, high = difference(a, b)
    assert mean == pytest.approx(0.4) and low <= mean <= high
    quotient, low, high = ratio(a, b)
    assert quotient == pytest.approx(2) and low <= quotient <= high


@given(PAIRS)
@settings(max_examples=25, deadline=None)
def test_laws(pairs: tuple[np.ndarray, np.ndarray]) -> None:
    a, b = pairs
    mean, low, high = difference(a, b)
    assert mean == pytest.approx((a - b).mean()) and low <= high and low >= -1 and high <= 1
    back = difference(b, a)
    np.testing.assert_allclose(back, (-mean, -high, -low), atol=1e-9)
    assert difference(a, a) == (0, 0, 0)
    if a.any():
        assert ratio(a, a) == (1, 1, 1)


def test_it_is_paired() -> None:
    """The same difference on every item is certain, however much the items differ."""
    b = np.random.default_rng(0).normal(size=50)
    np.testing.assert_allclose(difference(b + 0.1, b), (0.1, 0.1, 0.1))


def test_the_interval_is_the_normal_one_for_many_items() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(1, 1, 800), rng.normal(0, 2, 800)
    mean, low, high = difference(a, b)
    half = norm.ppf(0.975) * (a - b).std() / np.sqrt(800)
    np.testing.assert_allclose([low, high], [mean - half, mean + half], atol=0.03)
    narrower = difference(a, b, confidence=0.5)
    assert low < narrower[1] < mean < narrower[2] < high


def test_it_covers_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    inside = 0
    for seed in range(120):
        a, b = rng.random(100) < 0.5, rng.random(100) < 0.3
        _, low, high = difference(a, b, seed)
        inside += low <= 0.2 <= high
    assert 0.88 <= inside / 120 <= 0.99


def test_it_is_a_function_of_its_seed() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.random(30), rng.random(30)
    assert difference(a, b, 1) == difference(a, b, 1) != difference(a, b, 2)


def test_what_cannot_be_told_is_nan() -> None:
    assert np.isnan(ratio(np.ones(5), np.zeros(5))).all()
    assert np.isnan(ratio(np.zeros(0), np.zeros(0))).all()
    assert np.isnan(difference(np.zeros(0), np.zeros(0))).all()


def test_resamples_without_a_single_failure_do_not_count() -> None:
    b = np.zeros(20)
    b[0] = 1  # a third of the resamples miss it
    quotient, low, high = ratio(np.ones(20), b)
    assert quotient == 20 and np.isfinite([low, high]).all() and low < 20 <= high
