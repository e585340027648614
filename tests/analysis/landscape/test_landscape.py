"""The landscape of hand-made probe tables."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.statistics.rates import wilson
from failscape.analysis.statistics.units import Unit
from failscape.concepts import concept_space
from failscape.errors import UsageError
from failscape.records.policy import PolicyTable

SPACE = concept_space(["rotation=-10,0,10", "darken=0.1,0.2"])


def probes(rows: list[tuple[int, int, int]], **columns: Any) -> pd.DataFrame:
    """A probe table of ``(item, point, failed)``."""
    frame = pd.DataFrame(rows, columns=["item", "point", "failed"]).astype({"failed": bool})
    defaults = {"severity": 0.5, "propensity": 1 / 6, "cached": False}
    return frame.assign(**{**defaults, **columns})


FOUR = probes([(0, 0, 1), (1, 0, 0), (2, 0, 0), (0, 3, 1), (1, 3, 1), (0, -1, 0)], severity=[1, 0, 0.5, 0.5, 0.7, 0])
ITEMS = pd.DataFrame(
    {
        "group": [0, 1, 1, 0, 1],
        "failed": [False, False, True, True, False],
        "score": [0.9, 0.8, 0.2, 0.4, 0.7],
        "held_out": [False, False, False, True, True],
    }
)


def test_counts_rates_and_intervals_by_hand() -> None:
    found = Landscape.from_probes(FOUR, SPACE, items=ITEMS, name="by hand")
    table = found.table
    assert table["visits"].tolist() == [3, 0, 0, 2, 0, 0] and table["failures"].tolist() == [1, 0, 0, 2, 0, 0]
    np.testing.assert_allclose(table["raw_rate"], [1 / 3, np.nan, np.nan, 1, np.nan, np.nan])
    np.testing.assert_allclose(table["rate"], table["raw_rate"])
    np.testing.assert_allclose(table["trials"], [3, 0, 0, 2, 0, 0])
    low, high = wilson(np.array([1, 0, 0, 2, 0, 0]), np.array([3, 0, 0, 2, 0, 0]))
    np.testing.assert_allclose(table["low"], low)
    np.testing.assert_allclose(table["high"], high)
    np.testing.assert_allclose(table["severity"], [0.5, np.nan, np.nan, 0.6, np.nan, np.nan])
    assert (found.n_probes, found.n_queries, found.name) == (5, 5, "by hand")  # the unedited probe is no point
    assert found.baseline == pytest.approx(1 / 3) and found.n_baseline == 3  # held-out items are not looked at
    assert found.coverage == pytest.approx(2 / 6) and found.failure_rate == pytest.approx((1 / 3 + 1) / 2)
    shares = np.array([1 / 4, 3 / 4])
    assert found.entropy == pytest.approx(-(shares * np.log2(shares)).sum())


def test_smoothed_rates_are_bounded_and_cover_every_point() -> None:
    table = Landscape.from_probes(FOUR, SPACE, items=ITEMS).table
    for column in ("smoothed", "smoothed_low", "smoothed_high"):
        assert table[column].between(0, 1).all()
    assert (table["smoothed_low"] <= table["smoothed"]).all() and (table["smoothed"] <= table["smoothed_high"]).all()
    assert (table["deviation"] > 0).all()


def test_a_propensity_weighs_each_probe() -> None:
    """Point 0 was forced on item 0, which fails there, and rarely tried on item 1, which does not."""
    skewed = probes([(0, 0, 1), (1, 0, 0)], propensity=[0.9, 0.1])
    table = Landscape.from_probes(skewed, SPACE).table
    assert table["raw_rate"][0] == 0.5 and table["rate"][0] == pytest.approx((1 / 0.9) / (1 / 0.9 + 10))
    assert table["trials"][0] < 2


def test_a_remembered_outcome_is_no_second_observation() -> None:
    once = probes([(0, 0, 1), (1, 0, 0)])
    again = pd.concat([once, once.assign(cached=True), once.assign(cached=True)], ignore_index=True)
    one, three = (Landscape.from_probes(table, SPACE) for table in (once, again))
    assert three.table["visits"][0] == 6 and three.n_probes == 6 and three.n_queries == 2
    for column in ("rate", "trials", "low", "high", "smoothed", "deviation", "severity"):
        np.testing.assert_allclose(three.table[column], one.table[column], err_msg=column)


def test_units_sum_the_weights_of_their_probes() -> None:
    table = probes([(1, 2, 1), (0, 2, 0), (1, 2, 1)], propensity=[0.5, 0.25, np.nan], severity=[0.9, 0.1, 0.9])
    pairs = Unit().judge(table)
    assert pairs[["item", "point", "failed"]].to_numpy().tolist() == [[0, 2, 0], [1, 2, 1]]
    np.testing.assert_allclose(pairs["weight"], [4, 2 + 1])
    np.testing.assert_allclose(pairs["severity"], [0.1, 0.9])


@pytest.mark.parametrize("rows", [[], [(0, -1, 1)]], ids=["nothing", "unedited only"])
def test_nothing_explored_is_a_landscape_too(rows: list[tuple[int, int, int]]) -> None:
    found = Landscape.from_probes(probes(rows), SPACE)
    assert found.n_probes == found.n_queries == found.coverage == 0
    assert np.isnan(found.failure_rate) and np.isnan(found.baseline)
    assert (found.table["smoothed"] == 0.5).all() and (found.table[["low", "high"]] == [0, 1]).all(axis=None)
    summary = found.summary()
    assert summary["worst_point"] is None and summary["worst_rate"] is None
    assert found.worst().empty and "0 probes" in repr(found)


def test_one_probe_is_a_landscape_too() -> None:
    found = Landscape.from_probes(probes([(3, 4, 1)]), SPACE)
    assert np.isfinite(found.table["smoothed"]).all() and found.worst(3).index.tolist() == [4]


def test_the_worst_are_visited_points_worst_first() -> None:
    rows = [(i, point, i < n) for point, n in [(0, 1), (2, 9), (4, 5)] for i in range(10)]
    found = Landscape.from_probes(probes(rows), SPACE)
    assert found.worst(2).index.tolist() == [2, 4] and found.worst().index.tolist() == [2, 4, 0]
    summary = found.summary()
    assert summary["worst_point"] == found.label(2) == "rotation 0°, darken 0.1"
    assert summary["worst_rate"] == found.table["smoothed"][2]
    assert summary["n_points"] == 6 and summary["coverage"] == 0.5


def test_the_table_on_the_grid() -> None:
    found = Landscape.from_probes(FOUR, SPACE)
    frame = found.to_frame()
    assert frame["rotation"].tolist() == [-10, -10, 0, 0, 10, 10] and frame["darken"].tolist() == [0.1, 0.2] * 3
    assert frame["label"][3] == "rotation 0°, darken 0.2" and len(frame) == 6
    assert found.values("visits").tolist() == [[3, 0], [0, 2], [0, 0]]
    assert found.values().shape == (3, 2)
    with pytest.raises(UsageError, match="no column 'rats'"):
        found.values("rats")


def test_a_slice_is_the_marginal_of_one_concept() -> None:
    found = Landscape.from_probes(FOUR, SPACE)
    rotation, darken = found.slice_rates(0), found.slice_rates(1)
    assert rotation["strength"].tolist() == [-10, 0, 10] and darken["strength"].tolist() == [0.1, 0.2]
    assert rotation["visits"].tolist() == [3, 2, 0] and rotation["failures"].tolist() == [1, 2, 0]
    np.testing.assert_allclose(rotation["smoothed"], found.values().mean(axis=1))
    np.testing.assert_allclose(darken["smoothed"], found.values().mean(axis=0))


def test_a_policy_is_shown_beside_the_counts() -> None:
    rows = [(i, point, i < n) for point, n in enumerate([1, 2, 4, 6, 8, 9]) for i in range(10)]
    q = np.tile(np.linspace(0, 3, 6), (4, 1))
    found = Landscape.from_probes(probes(rows), SPACE, policy=PolicyTable.from_q(q, 5))
    assert found.policy_agreement == pytest.approx(1) and "policy agrees 1.00" in repr(found)
    against = Landscape.from_probes(probes(rows), SPACE, policy=PolicyTable.from_q(-q, 5))
    assert against.policy_agreement == pytest.approx(-1)
    without = Landscape.from_probes(probes(rows), SPACE)
    assert np.isnan(without.policy_agreement) and "policy agrees n/a" in repr(without)


def test_it_says_what_it_is_in_one_line() -> None:
    found = Landscape.from_probes(FOUR, SPACE, items=ITEMS)
    assert repr(found) == "Landscape(6 points, 5 probes, 67\u00a0% fail, unedited 33\u00a0%, policy agrees n/a)"


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_target_that_always_or_never_fails(share: float) -> None:
    rows = [(i, point, int(share)) for point in range(6) for i in range(5)]
    found = Landscape.from_probes(probes(rows), SPACE)
    assert found.failure_rate == share
    np.testing.assert_allclose(found.table["smoothed"], share, atol=0.01)
    assert np.isnan(found.entropy) if not share else found.entropy == pytest.approx(np.log2(6))


def test_an_explorer_that_looks_at_the_item_does_not_bend_the_landscape() -> None:
    """Hard items are sent to point 0 nine times of ten; all points are equally bad in truth."""
    rng = np.random.default_rng(0)
    hard = np.arange(400) % 2
    p_zero = np.where(hard == 1, 0.9, 0.02)
    chosen = np.where(rng.random(400) < p_zero, 0, 1 + rng.integers(5, size=400))
    propensity = np.where(chosen == 0, p_zero, (1 - p_zero) / 5)
    failed = rng.random(400) < np.where(hard == 1, 0.8, 0.1)
    rows = list(zip(range(400), chosen.tolist(), failed.tolist(), strict=True))
    clean = pd.DataFrame({"group": 0, "failed": False, "score": 1 - 0.5 * hard, "held_out": [False] * 400})
    found = Landscape.from_probes(probes(rows, propensity=propensity), SPACE, items=clean)
    assert found.table["raw_rate"][0] > 0.7 and found.table["raw_rate"][1:].max() < 0.35
    assert found.table["low"][0] < 0.45 < found.table["high"][0]
    assert np.ptp(found.table["smoothed"]) < 0.15
