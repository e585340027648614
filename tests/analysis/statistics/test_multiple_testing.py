"""Exact tests against scipy and by hand; procedures against brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import binomtest, fisher_exact

from failscape.analysis.statistics.multiple_testing import benjamini_hochberg, exceeds, exceeds_paired, holm, simes

P_VALUES = arrays(np.float64, st.integers(1, 12), elements=st.floats(0, 1))


def one(*counts: float) -> float:
    return float(exceeds(*(np.array([count]) for count in counts))[0])


@given(n=st.integers(1, 40), m=st.integers(1, 200), data=st.data())
@settings(max_examples=60, deadline=None)
def test_it_is_fishers_test_where_the_rate_is_higher(n: int, m: int, data: st.DataObject) -> None:
    k, b = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    theirs = fisher_exact([[k, n - k], [b, m - b]], alternative="greater").pvalue
    assert one(k, n, b, m) == pytest.approx(theirs if k * m > b * n else 1.0, rel=1e-6, abs=1e-300)


def test_effective_counts_are_rounded_against_the_finding() -> None:
    assert one(8.9, 10.4, 1.0, 100) == one(8, 10, 1, 100)
    assert one(5, 10, 1.2, 100.7) == one(5, 10, 2, 100)
    assert one(3 * (1 - 1e-12), 10, 0, 50) == one(3, 10, 0, 50)  # whole but for the last bits


def test_of_nothing_nothing_follows() -> None:
    p = exceeds(np.array([0, 5, 0, 0.4]), np.array([0, 10, 10, 0.4]), np.array([1, 0, 0, 0]), np.array([10, 0, 50, 50]))
    np.testing.assert_array_equal(p, 1)


def test_mcnemar_by_hand() -> None:
    assert exceeds_paired(5, 0) == pytest.approx(1 / 32)
    assert exceeds_paired(3, 1) == pytest.approx(5 / 16)
    assert exceeds_paired(0, 0) == 1 and exceeds_paired(0, 4) == 1
    assert exceeds_paired(30, 12) == pytest.approx(binomtest(30, 42, alternative="greater").pvalue)


@given(P_VALUES, st.sampled_from([0.01, 0.05, 0.2, 0.5]))
@settings(max_examples=100, deadline=None)
def test_benjamini_hochberg_is_its_definition(p: np.ndarray, level: float) -> None:
    passing = [k for k in range(1, len(p) + 1) if np.sort(p)[k - 1] <= level * k / len(p)]
    cut = np.sort(p)[max(passing) - 1] if passing else -1.0
    rejected, q = benjamini_hochberg(p, level)
    np.testing.assert_array_equal(rejected, p <= cut)
    assert (q >= p - 1e-12).all() and (np.diff(q[np.argsort(p, kind="stable")]) >= -1e-12).all()


def test_without_tests_nothing_is_found() -> None:
    assert benjamini_hochberg(np.zeros(0), 0.05)[0].shape == (0,)


def test_the_share_of_false_finds_stays_below_the_level() -> None:
    rng = np.random.default_rng(0)
    shares = []
    for _ in range(400):
        null = np.arange(60) >= 15
        p = np.where(null, rng.random(60), rng.beta(0.1, 20, 60))
        found, _ = benjamini_hochberg(p, 0.1)
        shares.append((found & null).sum() / max(1, found.sum()))
    assert np.mean(shares) == pytest.approx(0.1 * 45 / 60, abs=0.015)


def test_holm_by_hand() -> None:
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03])), [0.03, 0.06, 0.06])
    assert holm(np.zeros(0)).shape == (0,)


def test_simes_by_hand() -> None:
    assert simes(np.array([0.02, 0.001]), 100) == pytest.approx(0.1)
    assert simes(np.array([0.002, 0.0015]), 100) == pytest.approx(0.1)  # 100 x .002 / 2
    assert simes(np.array([0.5]), 10) == 1 and simes(np.zeros(0), 10) == 1


def test_however_a_group_of_nulls_is_picked_simes_holds() -> None:
    """The most flattering group of all: any number of the smallest p-values of 80 nulls."""
    rng = np.random.default_rng(0)
    worst = []
    for _ in range(2000):
        p = np.sort(rng.random(80))
        worst.append(min(simes(p[:size], 80) for size in (1, 3, 10, 80)))
    assert np.mean(np.array(worst) <= 0.05) == pytest.approx(0.05, abs=0.015)
