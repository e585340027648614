"""Several models by one table: differences on the same items."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.contingency_tables import mcnemar

from failscape.analysis.landscape.side_by_side import cluster_interval, differences, point_differences


def units(first: np.ndarray, second: np.ndarray, cluster: np.ndarray, point: np.ndarray) -> pd.DataFrame:
    one = pd.DataFrame({"cluster": cluster, "match": cluster, "point": point})
    return pd.concat([one.assign(part="a", failed=first), one.assign(part="b", failed=second)]).astype(
        {"failed": float}
    )


def test_one_answer_of_each_is_mcnemars_test() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.random(200) < 0.5, rng.random(200) < 0.35
    (found,) = differences(units(first, second, np.arange(200), np.zeros(200, int)), ["a", "b"])
    table = [[(first & second).sum(), (first & ~second).sum()], [(~first & second).sum(), (~first & ~second).sum()]]
    assert found.exact and found.p_value == pytest.approx(mcnemar(table, exact=True).pvalue)
    assert found.change == pytest.approx(first.mean() - second.mean()) and found.low < found.change < found.high


def test_many_answers_of_an_item_are_worth_less_than_as_many_items() -> None:
    rng = np.random.default_rng(1)
    hard = rng.random(30) < 0.5  # of 30 items, each ten times alike
    first, second = np.repeat(hard, 10), np.repeat(rng.random(30) < 0.4, 10)
    cluster = np.repeat(np.arange(30), 10)
    frame = units(first, second, cluster, np.tile(np.arange(10), 30))
    (found,) = differences(frame, ["a", "b"])
    alone = first.mean() - second.mean()
    naive = 1.96 * np.std(first.astype(float) - second) / np.sqrt(300)
    assert not found.exact and found.n == 300 and found.n_clusters == 30
    assert found.high - found.low > 2.5 * 2 * naive and found.change == pytest.approx(alone)


def test_only_what_both_answered_is_compared() -> None:
    frame = units(np.ones(8), np.zeros(8), np.arange(8), np.zeros(8, int))
    frame = frame[~((frame["part"] == "b") & (frame["cluster"] >= 6))]
    (found,) = differences(frame, ["a", "b"])
    assert (found.n, found.first_rate, found.second_rate) == (6, 1.0, 0.0)
    assert differences(frame.assign(match=range(14), cluster=range(14)), ["a", "b"]) == []


def test_points_are_corrected_together() -> None:
    rng = np.random.default_rng(2)
    point, cluster = np.tile(np.arange(5), 40), np.repeat(np.arange(40), 5)
    first = rng.random(200) < np.where(point == 3, 0.95, 0.3)
    second = rng.random(200) < 0.3
    found = point_differences(units(first, second, cluster, point), ["a", "b"])
    assert len(found) == 5 and found[0].point == 3 and found[0].p_value < 0.001
    assert [one.point for one in found if one.p_value <= 0.05] == [3]


@pytest.mark.parametrize("n", [40, 6000])
def test_the_interval_of_a_mean_holds_with_equal_clusters(n: int) -> None:
    rng = np.random.default_rng(3)
    total = rng.normal(0.5, 1, n)
    low, high = cluster_interval(total, np.ones(n), 0)
    half = 1.96 * total.std() / np.sqrt(n)
    np.testing.assert_allclose([low, high], [total.mean() - half, total.mean() + half], atol=0.15 * half)
