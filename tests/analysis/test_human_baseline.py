"""Human baselines: shares of answers and of pairs, with pairs as clusters."""

import numpy as np
import pandas as pd
import pytest

from failscape.analysis.pairs.human_baseline import baselines
from failscape.analysis.statistics.rates import cluster_interval


def answers(rows: list[tuple[str, int, str, bool]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["answerer", "question", "picture", "correct"])


BOB = [("Bob", 1, "first", True), ("Bob", 1, "second", True), ("Bob", 2, "first", True), ("Bob", 2, "second", False)]


def test_shares_are_of_answers_and_of_pairs_with_both_answered() -> None:
    (bob,) = baselines(answers([*BOB, ("Bob", 3, "first", True)]))
    assert (bob.answerer, bob.answers.n, bob.pairs.n) == ("Bob", 5, 2)
    assert bob.answers.share == pytest.approx(4 / 5) and bob.pairs.share == pytest.approx(1 / 2)


def test_intervals_take_pairs_for_clusters() -> None:
    (bob,) = baselines(answers([*BOB, ("Bob", 3, "first", True)]))
    expected = cluster_interval(np.array([1, 1, 2, 2, 3]), np.array([1.0, 1, 1, 0, 1]), np.ones(5))
    assert (bob.answers.low, bob.answers.high) == expected
    assert (bob.pairs.low, bob.pairs.high) == cluster_interval(np.array([1, 2]), np.array([1.0, 0]), np.ones(2))


def test_of_one_pair_nothing_is_known() -> None:
    (bob,) = baselines(answers(BOB[:2]))
    assert bob.pairs == (1, 1.0, 0.0, 1.0) and (bob.answers.low, bob.answers.high) == (0.0, 1.0)


def test_where_no_pair_is_complete_there_is_no_share_of_pairs() -> None:
    (bob,) = baselines(answers([BOB[0], BOB[2]]))
    assert bob.pairs.n == 0 and np.isnan(bob.pairs.share)


def test_several_people_have_a_row_each_and_one_together() -> None:
    cleo = [("Cleo", question, picture, False) for question in (1, 2) for picture in ("first", "second")]
    found = baselines(answers([*cleo, *BOB]))
    assert [row.answerer for row in found] == ["Bob", "Cleo", ""]
    assert [row.answers.share for row in found] == [3 / 4, 0, 3 / 8]
    assert [row.pairs.n for row in found] == [2, 2, 4] and found[2].pairs.share == 1 / 4
