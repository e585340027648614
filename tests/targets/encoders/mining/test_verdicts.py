"""Verdicts go where blind pairs are, and no pair is asked about twice."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from failscape.errors import UsageError
from failscape.targets.encoders.mining.mining import alike
from failscape.targets.encoders.mining.screen import Screen
from failscape.targets.encoders.mining.similarity import cosines
from failscape.targets.encoders.mining.verdicts import ask_in_turn, groups


def vectors(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, 6)).astype(np.float32)


@given(n=st.integers(2, 40), above=st.floats(-0.9, 0.9), seed=st.integers(0, 9))
def test_pairs_that_are_alike_are_those_of_brute_force(n: int, above: float, seed: int) -> None:
    of = vectors(n, seed)
    first, second = np.triu_indices(n, 1)
    similarity = cosines(of, first, second)
    keep = similarity > above
    order = np.lexsort((second[keep], first[keep], -similarity[keep]))
    found = alike(of, above, Screen(of, "float32"), stripe=16)
    np.testing.assert_array_equal(found["first"], first[keep][order])
    np.testing.assert_array_equal(found["second"], second[keep][order])
    np.testing.assert_array_equal(found["target"], similarity[keep][order])


def test_too_many_pairs_are_refused() -> None:
    with pytest.raises(UsageError, match="more than 5 pairs are above -1 for the target"):
        alike(vectors(10), -1.0, Screen(vectors(10), "float32"), most=5)


def candidates(n: int, n_items: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    first = rng.integers(n_items, size=n)
    ordered = np.sort(rng.random(n))[::-1]
    return pd.DataFrame({"first": first, "second": (first + 1) % n_items, "target": ordered})


@given(n=st.integers(0, 80), verdicts=st.integers(0, 100), seed=st.integers(0, 9))
def test_each_pair_is_asked_about_once_and_answered(n: int, verdicts: int, seed: int) -> None:
    pairs = candidates(n, 10, seed).assign(number=np.arange(n))
    found = ask_in_turn(pairs, np.arange(10) % 3, lambda one, other: one + other / 100, 5.0, verdicts, seed)
    assert len(found) == min(n, verdicts) and found["number"].is_unique
    np.testing.assert_array_equal(found["reference"], found["first"] + found["second"] / 100)
    group = groups(pairs, np.arange(10) % 3)
    for number in range(group.max(initial=-1) + 1):
        own = found["number"][group[found["number"].to_numpy()] == number]
        assert own.is_monotonic_increasing, "within a group the most similar come first"


def test_the_groups_with_blind_pairs_are_found() -> None:
    region = np.repeat([0, 1, 2, 3], 25)
    pairs = candidates(4000, 100, 0)
    asked = []
    for seed in range(5):
        found = ask_in_turn(pairs, region, lambda one, _: np.where(region[one] == 2, 0.1, 0.9), 0.5, 400, seed)
        asked.append((found["reference"] < 0.5).mean())
    assert np.mean(asked) > 0.75, "a quarter would be chance"


def test_where_all_groups_are_alike_nothing_is_lost() -> None:
    pairs = candidates(2000, 100, 1)
    blind = np.random.default_rng(0).random(100) < 0.5
    found = ask_in_turn(pairs, np.arange(100) % 5, lambda one, _: np.where(blind[one], 0.1, 0.9), 0.5, 500)
    first = (blind[pairs["first"][:500]]).mean()
    assert (found["reference"] < 0.5).mean() > first - 0.06
