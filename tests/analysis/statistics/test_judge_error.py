"""Shares corrected for a judge's errors: by hand, beside likelihoods by brute force, and what must not matter."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import binomtest

from failscape.analysis.statistics import judge_error
from failscape.analysis.statistics.judge_error import (
    Confusion,
    confusion,
    confusion_interval,
    corrected_rates,
    corrected_shares,
)
from failscape.errors import UsageError

NEVER = np.zeros(2, np.int64)
GOOD = Confusion(np.array([[90, 10], [5, 45]]), NEVER)  # specificity .9, sensitivity .9
THREE = Confusion(np.array([[80, 15, 5], [4, 40, 6], [1, 2, 57]]), np.zeros(3, np.int64))

# --- the confusion matrix ---


def test_confusions_by_hand() -> None:
    found = confusion(np.array([0, 0, 0, 1, 1, 0]), np.array([0, 1, 0, 1, -1, 0]), 2)
    np.testing.assert_array_equal(found.counts, [[3, 1], [0, 1]])
    np.testing.assert_array_equal(found.abstained, [0, 1])
    np.testing.assert_allclose(found.shares, [[0.75, 0.25], [0, 0.5]])


def test_intervals_of_confusions_are_scipys() -> None:
    low, high = confusion_interval(GOOD)
    theirs = binomtest(10, 100).proportion_ci(0.95, method="exact")
    np.testing.assert_allclose([low[0, 1], high[0, 1]], [theirs.low, theirs.high])
    low, high = confusion_interval(Confusion(np.array([[0, 0], [1, 9]]), NEVER))
    np.testing.assert_array_equal([low[0], high[0]], [[0, 0], [1, 1]])  # nothing is known of a value never labelled


@pytest.mark.parametrize(
    ("true", "judged", "n", "said"),
    [
        ([0, 1], [0], 2, "2 true values and 1 judged"),
        ([0, 2], [0, 1], 2, "are 0 to 1"),
        ([0, -1], [0, 1], 2, "are 0 to 1"),
        ([0, 1], [0, -2], 2, "are 0 to 1"),
        ([0], [0], 1, "at least two values"),
    ],
)
def test_labelled_samples_that_are_none(true: list[int], judged: list[int], n: int, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        confusion(np.array(true), np.array(judged), n)


# --- rates ---


def test_rates_by_hand() -> None:
    """(.34 + .9 - 1) / .8 = .3; below the share of false alarms there is nothing, above the sensitivity everything."""
    found = corrected_rates(np.array([34, 2, 99]), np.full(3, 100), GOOD)
    np.testing.assert_allclose(found.share, [0.3, 0, 1], atol=1e-12)
    np.testing.assert_allclose(found.raw, [0.34, 0.02, 0.99])


def test_the_variance_is_rogans_and_gladens() -> None:
    """To first order: the binomial one of the judged, and of either labelled group by how much of it there is."""
    found = corrected_rates(np.array([68]), np.array([200]), GOOD)
    expected = (0.34 * 0.66 / 199 + 0.3**2 * 0.09 / 49 + 0.7**2 * 0.09 / 99) / 0.8**2
    assert found.variance[0] == pytest.approx(expected)


@given(failures=st.integers(0, 80), trials=st.integers(1, 80))
@settings(max_examples=30, deadline=None)
def test_a_perfect_judge_leaves_rates_as_they_are(failures: int, trials: int) -> None:
    failures = min(failures, trials)
    perfect = Confusion(np.diag([100, 100]), NEVER)
    found = corrected_rates(np.array([failures]), np.array([trials]), perfect)
    np.testing.assert_allclose(found.share, found.raw, atol=1e-12)
    assert found.low[0] <= found.share[0] <= found.high[0]


@given(failures=st.integers(0, 60))
@settings(max_examples=30, deadline=None)
def test_intervals_are_never_a_point_and_hold_the_estimate(failures: int) -> None:
    found = corrected_rates(np.array([failures]), np.array([60]), GOOD)
    assert 0 <= found.low[0] <= found.share[0] <= found.high[0] <= 1
    assert found.high[0] - found.low[0] > 0.05


def test_less_that_is_labelled_makes_wider_intervals() -> None:
    few = Confusion(GOOD.counts // 5, NEVER)
    wide, narrow = (corrected_rates(np.array([700]), np.array([2000]), found) for found in (few, GOOD))
    assert wide.share == pytest.approx(narrow.share)
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)
    assert narrow.high - narrow.low > 1.5 * (narrow.raw_high - narrow.raw_low)


def test_nothing_judged_is_anything() -> None:
    found = corrected_rates(np.array([0, 3]), np.array([0, 10]), GOOD)
    assert np.isnan(found.share[0]) and np.isnan(found.raw[0]) and (found.low[0], found.high[0]) == (0, 1)
    assert found.share[1] == pytest.approx(0.25)
    assert corrected_rates(np.zeros(0), np.zeros(0), GOOD).share.shape == (0,)


def test_intervals_cover_as_often_as_they_say() -> None:
    rng, rates = np.random.default_rng(0), np.array([0.1, 0.4, 0.8])
    inside = []
    for run in range(250):
        right = rng.binomial([80, 40], 0.85)
        labelled = Confusion(np.array([[right[0], 80 - right[0]], [40 - right[1], right[1]]]), NEVER)
        found = corrected_rates(rng.binomial(300, 0.15 + 0.7 * rates), np.full(3, 300), labelled, seed=run)
        inside.append((found.low <= rates) & (rates <= found.high))
    assert 0.92 < np.mean(inside) < 0.98


# --- shares of more values ---


def test_shares_are_those_that_give_the_judged_ones() -> None:
    true = np.array([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3]])
    found = corrected_shares(1000 * true @ THREE.shares, THREE)
    np.testing.assert_allclose(found.share, true, atol=1e-12)


def test_what_cannot_be_inverted_is_likeliest_within_the_simplex() -> None:
    counts = np.array([[50.0, 3, 47]])
    found = corrected_shares(counts, THREE).share[0]

    def loss(free: np.ndarray) -> float:
        share = np.exp(free - free.max())
        return -float(counts[0] @ np.log(share / share.sum() @ THREE.shares))

    best = min((minimize(loss, start).fun for start in np.eye(3)), default=np.inf)
    assert found[1] == 0 and found.sum() == pytest.approx(1)
    assert -counts[0] @ np.log(found @ THREE.shares) <= best + 1e-6


def test_names_of_values_do_not_matter() -> None:
    order = np.array([2, 0, 1])
    counts = np.array([[30, 40, 50], [2, 90, 8]])
    first = corrected_shares(counts, THREE)
    other = Confusion(THREE.counts[np.ix_(order, order)], THREE.abstained[order])
    second = corrected_shares(counts[:, order], other)
    np.testing.assert_allclose(second.share, first.share[:, order], atol=1e-9)
    np.testing.assert_allclose(second.variance, first.variance[:, order])
    np.testing.assert_allclose(second.low, first.low[:, order], atol=0.03)  # of other draws


def test_values_on_which_a_judge_abstains_are_not_forgotten() -> None:
    """It decides on every image of value 0 and on half of those of value 1: decided 2 to 1 is parity."""
    shy = Confusion(np.array([[100, 0], [0, 50]]), np.array([0, 50]))
    found = corrected_shares(np.array([[200, 100]]), shy)
    np.testing.assert_allclose(found.share, [[0.5, 0.5]])
    assert found.low[0, 0] < 0.5 < found.high[0, 0] and found.raw[0, 0] == pytest.approx(2 / 3)


def test_the_variance_is_that_of_repetitions() -> None:
    """Of the estimate over repeated samples, the labelled one and abstentions included."""
    rng, true = np.random.default_rng(0), np.array([0.3, 0.5, 0.2])
    rows = np.array([[0.8, 0.1, 0.05, 0.05], [0.1, 0.6, 0.1, 0.2], [0.05, 0.1, 0.85, 0.0]])
    shares, variances = [], []
    for _ in range(400):
        cells = np.stack([rng.multinomial(150, row) for row in rows])
        judged = rng.multinomial(400, true @ rows)[:3]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(judge_error, "DRAWS", 2)
            found = corrected_shares(judged[None], Confusion(cells[:, :3], cells[:, 3]))
        shares.append(found.share[0])
        variances.append(found.variance[0])
    np.testing.assert_allclose(np.mean(shares, axis=0), true, atol=0.01)
    np.testing.assert_allclose(np.mean(variances, axis=0), np.var(shares, axis=0), rtol=0.25)


@pytest.mark.parametrize(
    ("counts", "found", "said"),
    [
        ([[1, 2, 3]], GOOD, "shape"),
        ([[1, -1]], GOOD, "not negative"),
        ([[1, np.nan]], GOOD, "finite"),
        ([[1, 2]], Confusion(np.array([[5, 5], [5, 5]]), NEVER), "no better than chance"),
        ([[1, 2]], Confusion(np.array([[1, 9], [9, 1]]), NEVER), "no better than chance"),
        ([[1, 2]], Confusion(np.array([[5, 5], [0, 0]]), NEVER), "true value 1"),
    ],
)
def test_what_cannot_be_corrected_is_said(counts: list[list[float]], found: Confusion, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        corrected_shares(np.array(counts), found)


def test_a_judge_of_failures_has_two_values() -> None:
    with pytest.raises(UsageError, match="has two values, not 3"):
        corrected_rates(np.array([1]), np.array([2]), THREE)


# --- people ---


def test_one_person_beside_four_others(real_data: Path) -> None:
    """Half of the images says how a person errs; in the other half the corrected rate is that of the majority."""
    from benchmarks.people import people

    found = people(real_data / "answers")
    assert not isinstance(found, str)
    assert abs(found["corrected"] - found["majority"]) < 0.02
    assert found["corrected interval holds majority"] >= 0.9
