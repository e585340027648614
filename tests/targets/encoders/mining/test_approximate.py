"""An approximate first stage: what it proposes is decided exactly, and what it misses is measured."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failscape.errors import UsageError
from failscape.targets.encoders.mining.approximate import (
    among,
    drawn_neighbors,
    mine_proposed,
    n_groups,
    propose,
)
from failscape.targets.encoders.mining.mining import COLUMNS, Thresholds, mine
from failscape.targets.encoders.mining.screen import PRECISIONS, Screen
from failscape.targets.encoders.mining.similarity import cosines
from tests.targets.encoders.mining.test_mining import BOUNDS, clustered


def pairs_above(vectors: np.ndarray, above: float) -> set[tuple[int, int]]:
    first, second = np.triu_indices(len(vectors), 1)
    kept = cosines(vectors, first, second) > above
    return set(zip(first[kept].tolist(), second[kept].tolist(), strict=True))


@given(n=st.integers(2, 300), above=st.floats(-1, 1), k=st.integers(1, 40), seed=st.integers(0, 99))
@settings(max_examples=30, deadline=None)
def test_pairs_are_proposed_once_and_none_that_is_surely_below(n: int, above: float, k: int, seed: int) -> None:
    vectors = clustered(n, 12, seed)
    first, second = propose(vectors, k, above, seed=seed)
    assert (first < second).all() and (first >= 0).all() and (second < n).all()
    found = list(zip(first.tolist(), second.tolist(), strict=True))
    assert found == sorted(set(found)) and len(found) <= n * k
    assert (cosines(vectors, first, second) > above - 1e-4).all()


def test_with_as_many_neighbors_as_items_in_one_group_nothing_is_missed() -> None:
    target, reference = clustered(60, 24, 0), clustered(60, 16, 1, 0.5)
    target[7] = target[30] * 3
    assert n_groups(60) == (1, 1)
    proposed = propose(target, 60, min(BOUNDS.target, BOUNDS.same))
    for one, other in zip(
        mine_proposed(proposed, target, reference, BOUNDS), mine(target, reference, BOUNDS), strict=True
    ):
        assert one.equals(other) and tuple(one.columns) == COLUMNS


def test_what_is_found_is_a_part_of_what_there_is_and_most_of_it() -> None:
    target, reference = clustered(3000, 24, 0), clustered(3000, 16, 1, 0.5)
    whole = mine(target, reference, BOUNDS)
    found = mine_proposed(propose(target, 64, 0.9), target, reference, BOUNDS)
    for part, everything in zip(found, whole, strict=True):
        merged = part.merge(everything, on=[*COLUMNS], how="left", indicator=True)
        assert (merged["_merge"] == "both").all(), "each with its exact similarities"
        assert len(part) >= 0.9 * len(everything)
    few = mine_proposed(propose(target, 3, 0.9), target, reference, BOUNDS)
    assert len(few.blind) < 0.5 * len(whole.blind)


def test_the_same_seed_proposes_the_same_pairs() -> None:
    vectors = clustered(2000, 24, 0)
    one, other = (propose(vectors, 8, 0.8, seed=4) for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_groups_grow_with_the_root_of_the_items() -> None:
    assert [n_groups(n) for n in (2, 100, 10_000, 1_000_000)] == [(1, 1), (2, 2), (250, 16), (4000, 16)]


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("n_drawn", [30, 500])
def test_neighbors_of_drawn_items_are_exact(precision: str, n_drawn: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("failscape.targets.encoders.mining.approximate.STRIPE", 64)
    vectors = clustered(200, 24, 3)
    drawn, one, other = drawn_neighbors(vectors, 0.9, Screen(vectors, precision), n_drawn=n_drawn, seed=1)
    assert len(drawn) == len(set(drawn.tolist())) == min(n_drawn, 200)
    right = pairs_above(vectors, 0.9)
    both = right | {(second, first) for first, second in right}
    found = list(zip(one.tolist(), other.tolist(), strict=True))
    assert len(found) == len(set(found)) and set(found) == {pair for pair in both if pair[0] in drawn}


def test_pairs_are_found_in_either_order() -> None:
    proposed = np.array([0, 1, 4]), np.array([3, 2, 5])
    found = among(proposed, np.array([3, 1, 5, 0]), np.array([0, 2, 4, 1]), 6)
    assert found.tolist() == [True, True, True, False]


def test_too_many_pairs_are_refused() -> None:
    vectors = clustered(300, 4, 0)
    with pytest.raises(UsageError, match="more than 200 pairs are above -1 for the target"):
        propose(vectors, 50, -1.0, most=100)
    with pytest.raises(UsageError, match="more than 100 pairs are above -1"):
        drawn_neighbors(vectors, -1.0, Screen(vectors, "float32"), most=100)


def test_without_faiss_the_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(UsageError, match=r"needs the package faiss; install it with: pip install 'failscape\[faiss\]'"):
        propose(clustered(10, 4, 0), 2, 0.5)


def test_thresholds_are_strict_here_too() -> None:
    target = np.array([[1, 0], [3, 4], [1, 0], [4, 3]], np.float32)  # cosines .6, .8, .96 and 1
    reference = np.array([[1, 0], [0, 1], [4, 3], [0, 1]], np.float32)
    at = Thresholds(0.6, 0.6, 1)
    blind = mine_proposed(propose(target, 4, 0.6), target, reference, at).blind
    assert blind[["first", "second"]].to_numpy().tolist() == [[0, 3]]
