"""What differs in pairs: against counting, and with nothing to find nothing is found."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failscape.analysis.pairs.differing import LESS, LIKE, MORE, differing, disjoint, random_rate
from failscape.analysis.pairs.stability import varied


def drawn(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    columns = {name: pd.Categorical(rng.integers(0, k, n)) for name, k in (("two", 2), ("four", 4), ("same", 2))}
    return pd.DataFrame(columns)


def test_facts_that_pairs_agree_in_are_told_from_those_that_they_differ_in() -> None:
    facts = drawn(2000, 0)
    first, second = np.triu_indices(300, 1)
    codes = {name: facts[name].cat.codes.to_numpy() for name in facts}
    chosen = (codes["same"][first] == codes["same"][second]) & (codes["two"][first] != codes["two"][second])
    pairs = pd.DataFrame({"first": first[chosen], "second": second[chosen]})
    found = {row.fact: row for row in differing(pairs, facts, {"two": "orientation"})}
    assert found["two"].verdict == MORE and found["same"].verdict == LESS and found["four"].verdict == LIKE
    assert (found["two"].rate, found["same"].rate) == (1, 0) and found["two"].pattern == "orientation"
    assert found["four"].rate == (codes["four"][first] != codes["four"][second])[chosen].mean()
    assert found["two"].n_pairs == len(pairs) and 2 * found["two"].n_disjoint <= 300


@given(codes=st.lists(st.integers(0, 3), min_size=2, max_size=40))
@settings(max_examples=100, deadline=None)
def test_the_random_rate_is_that_of_all_pairs(codes: list[int]) -> None:
    column = np.array(codes)
    first, second = np.triu_indices(len(column), 1)
    assert random_rate(column) == pytest.approx((column[first] != column[second]).mean())


def test_no_item_is_in_two_disjoint_pairs() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 50, (2, 400))
    first, second = first[first != second], second[first != second]
    kept = disjoint(first, second, 50)
    ends = np.concatenate([first[kept], second[kept]])
    assert len(ends) == len(np.unique(ends))
    free = ~np.isin(np.arange(50), ends)
    assert not (free[first] & free[second]).any(), "no pair could be added"


def test_random_pairs_show_no_difference() -> None:
    shown = 0
    for seed in range(40):
        facts, rng = drawn(400, seed), np.random.default_rng(seed)
        first = rng.integers(400, size=600)
        pairs = pd.DataFrame({"first": first, "second": (first + rng.integers(1, 400, 600)) % 400})
        shown += any(row.verdict != LIKE for row in differing(pairs, facts))
    assert shown <= 6, "five in a hundred, and chance"


def test_unknown_facts_are_left_out() -> None:
    facts = pd.DataFrame({"job": pd.Categorical(["a", None, "b", "a"]), "one": pd.Categorical(["x"] * 4)})
    pairs = pd.DataFrame({"first": [0, 0, 0], "second": [1, 2, 3]})
    (row,) = differing(pairs, facts)
    assert (row.fact, row.n_pairs, row.rate) == ("job", 2, 0.5)
    assert differing(pairs.head(0), facts) == []


def test_pairs_that_appear_and_vanish() -> None:
    before = pd.DataFrame({"first": [0, 0, 1], "second": [1, 2, 2]})
    after = pd.DataFrame({"first": [0, 3], "second": [2, 4]})
    row = varied("layer=-2", before, after, 0.9)
    assert (row.n_pairs, row.n_kept, row.n_appeared, row.n_vanished, row.overlap) == (2, 1, 1, 2, 0.25)
    assert varied("x", before.head(0), after.head(0), 0.9).overlap == 1
