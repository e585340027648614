"""Intervals against hand values and scipy; rates that are right although the policy chose points by item."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import binom, binomtest

from failscape.analysis.statistics.rates import clustered_rate, inverse_propensities, weighted_rates, wilson

# --- Wilson's interval ---


def test_wilson_by_hand() -> None:
    """Newcombe (1998), table I: 81 of 263 is .2553 to .3662; 0 of 20 is 0 to .1611; 1 of 29 is .0061 to .1718."""
    low, high = wilson(np.array([81, 0, 1]), np.array([263, 20, 29]))
    np.testing.assert_allclose(low, [0.2553, 0.0, 0.0061], atol=5e-5)
    np.testing.assert_allclose(high, [0.3662, 0.1611, 0.1718], atol=5e-5)


@given(n=st.integers(1, 500), share=st.floats(0, 1), confidence=st.sampled_from([0.5, 0.9, 0.95, 0.99]))
@settings(max_examples=60, deadline=None)
def test_wilson_is_scipys(n: int, share: float, confidence: float) -> None:
    k = round(share * n)
    low, high = wilson(np.array([k]), np.array([n]), confidence)
    theirs = binomtest(k, n).proportion_ci(confidence, method="wilson")
    np.testing.assert_allclose([low[0], high[0]], [theirs.low, theirs.high], atol=1e-9)


@given(trials=st.floats(0.01, 1e6), share=st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_wilson_holds_the_rate_and_stays_within_bounds(trials: float, share: float) -> None:
    low, high = (bound[0] for bound in wilson(np.array([share * trials]), np.array([trials])))
    assert 0 <= low <= share + 1e-9 and share - 1e-9 <= high <= 1
    wider = wilson(np.array([share * trials / 4]), np.array([trials / 4]))
    assert wider[1][0] - wider[0][0] > high - low


def test_wilson_of_nothing_is_everything() -> None:
    low, high = wilson(np.array([0, 3]), np.array([0, 4]))
    assert (low[0], high[0]) == (0, 1) and 0 < low[1] < 0.75 < high[1] < 1


@pytest.mark.parametrize("rate", [0.02, 0.2, 0.5, 0.9])
def test_wilson_covers_as_often_as_it_says(rate: float) -> None:
    n = 60
    failures = np.arange(n + 1)
    low, high = wilson(failures, np.full(n + 1, n))
    coverage = binom.pmf(failures, n, rate)[(low <= rate) & (rate <= high)].sum()
    assert 0.92 < coverage < 0.99


# --- weighted rates ---


def test_rates_by_hand() -> None:
    points = np.array([0, 0, 0, 2, 2])
    failed = np.array([1.0, 0, 0, 1, 1])
    weights = np.array([4.0, 1, 1, 2, 2])
    rates, trials = weighted_rates(points, failed, weights, 4)
    np.testing.assert_allclose(rates, [4 / 6, np.nan, 1, np.nan])
    np.testing.assert_allclose(trials, [36 / 18, 0, 2, 0])


def test_an_unknown_propensity_weighs_one() -> None:
    np.testing.assert_array_equal(inverse_propensities(np.array([0.25, np.nan, 1])), [4, 1, 1])
    assert inverse_propensities(np.zeros(0)).shape == (0,)


@st.composite
def probe_tables(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n = draw(st.integers(0, 30))
    return (
        draw(arrays(np.int64, n, elements=st.integers(0, 5))),
        draw(arrays(np.int64, n, elements=st.integers(0, 1))).astype(float),
        draw(arrays(np.float64, n, elements=st.floats(1, 1e4))),
    )


@given(probe_tables(), st.floats(0.01, 100), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_laws_of_weighted_rates(table: tuple[np.ndarray, np.ndarray, np.ndarray], scale: float, random: object) -> None:
    points, failed, weights = table
    rates, trials = weighted_rates(points, failed, weights, 6)
    visits = np.bincount(points, minlength=6)
    assert np.array_equal(np.isnan(rates), visits == 0) and np.array_equal(trials == 0, visits == 0)
    known = visits > 0
    assert ((rates[known] >= 0) & (rates[known] <= 1 + 1e-12)).all()
    assert (trials <= visits * (1 + 1e-9)).all() and (trials[known] >= 1 - 1e-9).all()
    order = np.arange(len(points))
    random.shuffle(order)
    for same in (
        weighted_rates(points[order], failed[order], weights[order], 6),
        weighted_rates(points, failed, scale * weights, 6),
    ):
        np.testing.assert_allclose(same[0], rates)
        np.testing.assert_allclose(same[1], trials)
    np.testing.assert_allclose(weighted_rates(points, 1 - failed, weights, 6)[0], 1 - rates)
    equal, counted = weighted_rates(points, failed, np.full(len(points), 3.0), 6)
    np.testing.assert_allclose(counted, visits)
    np.testing.assert_allclose(equal[known], (np.bincount(points, failed, 6) / np.maximum(visits, 1))[known])


def test_a_policy_that_looks_at_the_item_biases_counts_and_not_the_corrected_rate() -> None:
    """Half of the items are hard. The explorer takes point 0 for hard items, point 1 for easy ones, mostly."""
    rng = np.random.default_rng(0)
    fails = np.array([[0.1, 0.3], [0.7, 0.9]])  # (easy or hard, point)
    truth = fails.mean(axis=0)
    raw, corrected, trials = [], [], []
    for _ in range(300):
        hard = rng.integers(2, size=400)
        p_zero = np.where(hard == 1, 0.9, 0.1)
        points = (rng.random(400) > p_zero).astype(np.int64)
        propensity = np.where(points == 0, p_zero, 1 - p_zero)
        failed = (rng.random(400) < fails[hard, points]).astype(float)
        raw.append([failed[points == p].mean() for p in (0, 1)])
        rate, n = weighted_rates(points, failed, inverse_propensities(propensity), 2)
        corrected.append(rate), trials.append(n)
    error = np.std(corrected, axis=0) / np.sqrt(300)
    assert (np.abs(np.mean(corrected, axis=0) - truth) < 4 * error + 0.005).all()
    np.testing.assert_allclose(np.mean(raw, axis=0), [0.64, 0.36], atol=0.02)  # the worse point looks better
    assert (np.mean(trials, axis=0) < 200).all()  # it costs certainty, and says so
    spread = np.sqrt(truth * (1 - truth) / np.mean(trials, axis=0))
    assert (np.std(corrected, axis=0) < 1.3 * spread).all()  # the effective number is honest


# --- clustered rates ---


def test_different_items_are_so_many_trials() -> None:
    failed = np.repeat([1.0, 0.0], [6, 14])
    assert clustered_rate(np.arange(20), failed, np.full(20, 3.0)) == pytest.approx((0.3, 20))


def test_probes_of_one_item_that_always_agree_are_one_trial() -> None:
    failed = np.repeat([1.0, 0.0], [6, 14])
    items = np.repeat(np.arange(20), 5)
    assert clustered_rate(items, np.repeat(failed, 5), np.ones(100)) == pytest.approx((0.3, 20))
    assert clustered_rate(items, np.ones(100), np.ones(100)) == pytest.approx((1, 20))
    assert clustered_rate(np.zeros(7), np.zeros(7), np.ones(7)) == pytest.approx((0, 1))


def test_no_probe_is_no_trial() -> None:
    rate, trials = clustered_rate(np.zeros(0), np.zeros(0), np.zeros(0))
    assert np.isnan(rate) and trials == 0


def test_clustered_intervals_cover_as_often_as_they_say() -> None:
    """Items of their own difficulty, four probes each; as many independent trials would cover far too seldom."""
    rng = np.random.default_rng(0)
    inside, naive = [], []
    for _ in range(600):
        items = np.repeat(np.arange(60), 4)
        failed = (rng.random(240) < rng.beta(0.3, 0.7, 60)[items]).astype(float)
        rate, trials = clustered_rate(items, failed, np.ones(240))
        for kept, n in ((inside, trials), (naive, 240.0)):
            low, high = wilson(np.array([rate * n]), np.array([n]))
            kept.append(low[0] <= 0.3 <= high[0])
    assert 0.92 < np.mean(inside) < 0.98 and np.mean(naive) < 0.85
