"""Distances by hand and by brute force; tests that hold their level at every point of the null, by enumeration."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.stats import binom, binomtest, multinomial

from failscape.analysis.statistics.bias import (
    checked_target,
    confirmation_p,
    distance_bounds,
    distances,
    judged_null,
    parity,
    smallest_visible,
    total_variation,
)
from failscape.analysis.statistics.e_values import Null, e_benjamini_hochberg, log_e_values
from failscape.analysis.statistics.judge_error import Confusion
from failscape.errors import UsageError

EVEN = parity(2)
NEVER = np.zeros(2, np.int64)
JUDGE = Confusion(np.array([[90, 10], [2, 98]]), NEVER)
WIDE = judged_null(EVEN, JUDGE)
SKEWED = judged_null(np.array([0.2, 0.8]))


def compositions(n: int, k: int) -> np.ndarray:
    """All counts of ``n`` images by ``k`` values."""
    grid = np.stack(np.meshgrid(*[np.arange(n + 1)] * k, indexing="ij"), axis=-1).reshape(-1, k)
    return grid[grid.sum(axis=1) == n]


# --- distances ---


def test_distances_by_hand() -> None:
    """7 of 10: .2 from parity; .2 squared less .7 · .3 / 9 is .0167."""
    found = distances(np.array([[3, 7], [5, 5], [0, 0]]), EVEN)
    np.testing.assert_allclose(found.raw, [0.2, 0, np.nan])
    np.testing.assert_allclose(found.distance, [np.sqrt(0.04 - 0.21 / 9), 0, np.nan])
    theirs = binomtest(7, 10).proportion_ci(0.95, method="exact")
    assert (found.low[0], found.high[0]) == pytest.approx((0, theirs.high - 0.5))
    assert (found.low[2], found.high[2]) == (0, 0.5)  # no distance from parity is larger


@pytest.mark.parametrize(("n", "raw"), [(8, 0.137), (60, 0.051)])
def test_chance_is_taken_off_the_distance_of_a_fair_prompt(n: int, raw: float) -> None:
    ones = np.arange(n + 1)
    found, chance = distances(np.stack([n - ones, ones], axis=-1), EVEN), binom.pmf(ones, n, 0.5)
    assert chance @ found.raw == pytest.approx(raw, abs=0.001)
    assert chance @ found.distance < 0.5 * raw
    assert chance[found.distance > 0].sum() < 0.5  # its median is 0


@pytest.mark.parametrize("share", [0.5, 0.6, 0.75, 0.98])
@pytest.mark.parametrize("n", [8, 32, 60])
def test_intervals_of_distances_cover(share: float, n: int) -> None:
    ones = np.arange(n + 1)
    found, truth = distances(np.stack([n - ones, ones], axis=-1), EVEN), abs(share - 0.5)
    inside = (found.low <= truth + 1e-12) & (truth <= found.high + 1e-12)
    assert binom.pmf(ones, n, share)[inside].sum() >= 0.95


def test_intervals_of_more_values_cover() -> None:
    target, share = np.array([0.2, 0.3, 0.5]), np.array([0.3, 0.3, 0.4])
    counts = compositions(24, 3)
    found = distances(counts, target)
    inside = (found.low <= 0.1 + 1e-12) & (found.high >= 0.1 - 1e-12)
    assert multinomial.pmf(counts, 24, share)[inside].sum() >= 0.95


def test_a_wrong_judge_is_taken_off_the_distance() -> None:
    """Of a fair prompt it sees .54 to .46; of one that is 70/30, .716 to .284."""
    counts = np.array([[460, 540], [284, 716]])
    found = distances(counts, EVEN, JUDGE)
    np.testing.assert_allclose(found.raw, [0.04, 0.216])
    assert found.distance[0] == 0 and found.low[0] == 0
    assert found.distance[1] == pytest.approx(0.2, abs=0.01) and found.low[1] < 0.2 < found.high[1]
    assert found.high[1] - found.low[1] > 0.07  # wider than 1,000 images alone would make it


@given(seed=st.integers(0, 10**6), k=st.integers(2, 5))
@settings(max_examples=25, deadline=None)
def test_bounds_of_distances_are_those_of_the_linear_programs(seed: int, k: int) -> None:
    """Largest: a program for each set of values; least: one over the differences."""
    rng = np.random.default_rng(seed)
    target, share = rng.dirichlet(np.ones(k), 2)
    low, high = np.clip(share - 0.3 * rng.random(k), 0, 1), np.clip(share + 0.3 * rng.random(k), 0, 1)
    box, sums = list(zip(low, high, strict=True)), np.ones((1, k))
    sets = (np.arange(2**k)[:, None] >> np.arange(k)) & 1
    most = max(-linprog(-s, A_eq=sums, b_eq=[1], bounds=box).fun - s @ target for s in sets)
    eye = np.eye(k)
    least = linprog(
        np.concatenate([np.zeros(k), np.full(k, 0.5)]),
        A_ub=np.block([[eye, -eye], [-eye, -eye]]),
        b_ub=np.concatenate([target, -target]),
        A_eq=np.concatenate([sums, np.zeros((1, k))], axis=1),
        b_eq=[1],
        bounds=box + [(0, None)] * k,
    ).fun
    found = distance_bounds(low[None], high[None], target)
    np.testing.assert_allclose([found[0][0], found[1][0]], [least, most], atol=1e-7)


def test_names_of_values_do_not_matter() -> None:
    order, target = np.array([2, 0, 1]), np.array([0.2, 0.5, 0.3])
    counts, errors = np.array([[30, 10, 20], [5, 50, 5]]), np.array([[40, 5, 1], [2, 60, 3], [0, 4, 30]])
    judges = [Confusion(errors, np.array([0, 3, 1])), Confusion(errors[np.ix_(order, order)], np.array([1, 0, 3]))]
    given_, swapped = (judged_null(t, j) for t, j in zip((target, target[order]), judges, strict=True))
    np.testing.assert_allclose(swapped.low, given_.low[order])
    np.testing.assert_allclose(swapped.high, given_.high[order])
    for function in (log_e_values, confirmation_p):
        np.testing.assert_allclose(function(counts[:, order], swapped), function(counts, given_))
    for ours, theirs in zip(distances(counts, target), distances(counts[:, order], target[order]), strict=True):
        np.testing.assert_allclose(ours, theirs)


# --- the null ---


def test_without_a_judges_errors_the_null_is_the_target() -> None:
    np.testing.assert_array_equal(np.stack(judged_null(EVEN)), 0.5)


def test_the_null_of_two_values_by_hand() -> None:
    """.5 less half of the upper bound on one error, .5 more by half of the bound on the other."""
    up, down = (binomtest(k, 100).proportion_ci(0.99, method="exact").high for k in (10, 2))
    np.testing.assert_allclose(WIDE.low, [0.5 - up / 2, 0.5 - down / 2])
    np.testing.assert_allclose(WIDE.high, [0.5 + down / 2, 0.5 + up / 2])


@given(seed=st.integers(0, 10**6), k=st.integers(2, 4))
@settings(max_examples=25, deadline=None)
def test_the_null_holds_what_the_labelled_sample_itself_says(seed: int, k: int) -> None:
    """Abstentions included: the target, passed through the confusions as they were counted."""
    rng = np.random.default_rng(seed)
    target = rng.dirichlet(np.ones(k))
    found = Confusion(rng.multinomial(60, rng.dirichlet(np.ones(k)), k) + np.eye(k, dtype=int), rng.integers(0, 9, k))
    judged = target @ found.shares
    null = judged_null(target, found)
    assert (null.low <= judged / judged.sum() + 1e-12).all() and (judged / judged.sum() <= null.high + 1e-12).all()
    assert (null.low >= 0).all() and (null.high <= 1).all()


def test_the_null_holds_what_was_never_labelled() -> None:
    null = judged_null(EVEN, Confusion(np.array([[0, 0], [1, 99]]), NEVER))
    assert null.low[0] == 0 and null.high[1] == 1


# --- evidence at every look ---


@pytest.mark.parametrize("null", [judged_null(EVEN), SKEWED, WIDE], ids=["parity", "skewed", "widened"])
def test_evidence_never_grows_on_average_under_the_null(null: Null) -> None:
    """A supermartingale at every state and every point of the null, its ends included."""
    ends = np.linspace(null.low[1], null.high[1], 7)
    for n, after in pairwise(range(60)):
        now, then = (np.stack([m - np.arange(m + 1), np.arange(m + 1)], axis=-1) for m in (n, after))
        e, following = np.exp(log_e_values(now, null)), np.exp(log_e_values(then, null))
        for share in ends:
            assert (share * following[1:] + (1 - share) * following[:-1] <= e * (1 + 1e-9)).all()
    assert log_e_values(np.zeros((1, 2)), null)[0] == pytest.approx(0)


def test_the_mean_evidence_of_all_sequences_is_one_at_most() -> None:
    null = judged_null(np.array([0.2, 0.3, 0.5]), Confusion(np.diag([40, 40, 40]) + 3, np.array([0, 5, 0])))
    for n in range(1, 11):
        counts = compositions(n, 3)
        e = np.exp(log_e_values(counts, null))
        for share in (null.target, [null.low[0], 0.3, 0.7 - null.low[0]], [null.high[0], 0.3, 0.7 - null.high[0]]):
            assert multinomial.pmf(counts, n, share) @ e <= 1 + 1e-9


def crossed(null: Null, share: float, n: int, level: float) -> np.ndarray:
    """Probability that the evidence has reached ``1 / level`` by each look, exactly."""
    alive, by = np.ones(1), []
    for m in range(1, n + 1):
        alive = np.append(alive * (1 - share), 0) + np.append(0, alive * share)
        ones = np.arange(m + 1)
        found = log_e_values(np.stack([m - ones, ones], axis=-1), null) >= -np.log(level)
        by.append(alive[found].sum())
        alive = np.where(found, 0, alive)
    return np.cumsum(by)


def test_looking_at_every_image_finds_bias_early_and_only_where_it_is() -> None:
    fair, biased = (crossed(judged_null(EVEN), share, 200, 0.05) for share in (0.5, 0.7))
    assert fair[-1] < 0.05
    assert biased[59] > 0.5
    assert crossed(WIDE, 0.54, 200, 0.05)[-1] < 0.01  # of a fair prompt, as this judge sees it
    assert crossed(judged_null(EVEN), 0.54, 200, 0.05)[-1] > 0.05  # which is why the null is widened


def test_evidence_stays_finite() -> None:
    counts = np.array([[100_000, 0], [0, 100_000], [50_000, 50_000], [0, 1]])
    for null in (
        judged_null(EVEN),
        judged_null(np.array([1.0, 0.0])),
        judged_null(EVEN, Confusion(0 * np.eye(2), NEVER)),
    ):
        assert not np.isnan(log_e_values(counts, null)).any()
    assert log_e_values(counts, judged_null(EVEN))[0] > 10_000


# --- many prompts ---


def test_e_values_of_one_reject_nothing() -> None:
    assert not e_benjamini_hochberg(np.zeros(50), 0.05).any()
    assert e_benjamini_hochberg(np.zeros(0), 0.05).shape == (0,)


@given(st.lists(st.floats(-3, 9), min_size=1, max_size=12), st.sampled_from([0.01, 0.05, 0.2]))
@settings(max_examples=60, deadline=None)
def test_e_bh_is_its_definition(log_e: list[float], level: float) -> None:
    e, n = np.exp(np.array(log_e)), len(log_e)
    k = max((k for k in range(1, n + 1) if k * np.sort(e)[-k] >= n / level * (1 - 1e-12)), default=0)
    found = e_benjamini_hochberg(np.array(log_e), level)
    assert found.sum() >= k and (k == 0 or (e[found] >= n / (level * k) * (1 - 1e-9)).all())
    assert k > 0 or not found.any()


# --- confirmation ---


def test_confirmation_is_the_exact_test() -> None:
    counts = np.array([[18, 42], [30, 30], [60, 0]])
    theirs = [binomtest(int(row[1]), 60, 0.5).pvalue for row in counts]
    np.testing.assert_allclose(confirmation_p(counts, judged_null(EVEN)), theirs)


@pytest.mark.parametrize("null", [judged_null(EVEN), SKEWED, WIDE], ids=["parity", "skewed", "widened"])
@pytest.mark.parametrize("level", [0.01, 0.05])
def test_confirmation_holds_its_level_everywhere_in_the_null(null: Null, level: float) -> None:
    ones = np.arange(61)
    rejected = confirmation_p(np.stack([60 - ones, ones], axis=-1), null) <= level
    for share in np.linspace(null.low[1], null.high[1], 9):
        assert binom.pmf(ones, 60, share)[rejected].sum() <= level


def test_few_images_confirm_nothing() -> None:
    with pytest.raises(UsageError, match="31 judged images confirm nothing: make at least 32"):
        confirmation_p(np.array([[30, 30], [31, 0]]), judged_null(EVEN))


@pytest.mark.parametrize("n", [32, 60, 200])
@pytest.mark.parametrize("prompts", [1, 100])
def test_the_smallest_visible_distance_has_the_power(n: int, prompts: int) -> None:
    found = smallest_visible(n, prompts, EVEN)
    assert found.easiest == pytest.approx(found.hardest)
    ones = np.arange(n + 1)
    rejected = confirmation_p(np.stack([n - ones, ones], axis=-1), judged_null(EVEN)) <= 0.05 / prompts
    for distance, least, most in ((found.hardest, 0.8, 0.801), (found.hardest - 0.02, 0, 0.8)):
        assert least - 1e-6 <= binom.pmf(ones, n, 0.5 + distance)[rejected].sum() <= most


def test_what_nobody_can_see_is_infinite() -> None:
    assert smallest_visible(5, 1, EVEN).easiest == np.inf  # five of five are no proof
    rare = smallest_visible(60, 1, np.array([0.02, 0.98]))
    assert rare.easiest < 0.1 and rare.hardest == np.inf  # that it became rarer still
    assert smallest_visible(60, 1, EVEN, JUDGE).hardest > smallest_visible(60, 1, EVEN).hardest


# --- bad input ---


@pytest.mark.parametrize(
    "target", [[1.0], [0.5, 0.6], [-0.1, 1.1], [np.nan, 1.0], [[0.5, 0.5]], np.full(13, 1 / 13)], ids=str
)
def test_a_target_is_a_distribution(target: object) -> None:
    with pytest.raises(UsageError, match="target distribution"):
        checked_target(np.array(target))


def test_no_image_shows_nothing() -> None:
    with pytest.raises(UsageError, match="0 images of 5 prompts"):
        smallest_visible(0, 5, EVEN)


def test_judge_and_target_have_the_same_values() -> None:
    with pytest.raises(UsageError, match="the judge has 2 values, and the target distribution 3"):
        judged_null(parity(3), JUDGE)
    with pytest.raises(UsageError, match="shape"):
        distances(np.array([[1, 2, 3]]), EVEN)


def test_total_variation_by_hand() -> None:
    np.testing.assert_allclose(total_variation(np.array([[0.5, 0.3, 0.2]]), np.array([0.2, 0.2, 0.6])), [0.4])
