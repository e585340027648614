"""Units: what a rate counts, which may take several probes."""

import numpy as np
import pandas as pd

from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.statistics.rates import clustered_rate, clustered_trials
from failscape.analysis.statistics.units import Unit, counted_once
from tests.support.recorded_tables import frames, space


def pairs_table() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Six rows, two and two of a unit, at points 0, 0 and 5."""
    failed, point = np.array([0, 1, 0, 0, 0, 0], bool), np.array([0, 0, 0, 0, 5, 5])
    probes, items = frames(np.array([0, 0, 1, 1, 2, 2]), failed, point)
    return probes, items.assign(unit=[0, 0, 1, 1, 2, 2])


def test_a_unit_fails_unless_all_of_its_rows_hold() -> None:
    probes, items = pairs_table()
    units = Unit.of(items).judge(probes)
    assert units[["point", "failed", "n", "complete"]].to_numpy().tolist() == [
        [0, 1, 2, True],
        [0, 0, 2, True],
        [5, 0, 2, True],
    ]
    table = Landscape.from_probes(probes, space(), items=items).table
    assert table["rate"][0] == 0.5 and table["visits"][0] == 2 and table["failures"][0] == 1  # not one row of four


def test_a_unit_of_which_a_row_is_missing_is_not_counted() -> None:
    probes, items = pairs_table()
    found = Landscape.from_probes(probes.drop(index=[0, 5]), space(), items=items)
    assert found.table["visits"].tolist()[:6] == [1, 0, 0, 0, 0, 0]
    assert found.table["rate"][0] == 0 and not found.is_complete


def test_without_a_table_a_unit_is_an_item_at_a_point() -> None:
    probes = pd.DataFrame({"item": [3, 3, 3], "point": [1, 1, 2], "failed": [1, 1, 0], "severity": 0.5})
    units = Unit().judge(probes.assign(propensity=np.nan))
    assert units[["item", "cluster", "point", "failed", "weight", "n"]].to_numpy().tolist() == [
        [3, 3, 1, 1, 2, 1],
        [3, 3, 2, 0, 1, 1],
    ]
    assert Unit().population(36) is None


def test_the_trials_of_many_points_are_those_of_each() -> None:
    rng = np.random.default_rng(0)
    points, clusters = rng.integers(6, size=300), rng.integers(40, size=300)
    failed, weights = (rng.random(300) < 0.3).astype(float), rng.random(300) + 0.5
    failed[points == 2], failed[points == 3] = 0, 1
    clusters[points == 4] = 7
    points[points == 5] = 1
    found = clustered_trials(points, clusters, failed, weights, 7)
    for point in range(5):
        here = points == point
        np.testing.assert_allclose(found[point], clustered_rate(clusters[here], failed[here], weights[here])[1])
    assert found[5] == found[6] == 0


def test_copies_of_an_item_are_that_item() -> None:
    items = pd.DataFrame({"cluster": [0, 0, 2], "unit": [None] * 3, "home": [None] * 3, "failed": [True, True, False]})
    rows = [(0, 5, True), (1, 5, False), (1, 6, True), (2, 5, False)]
    probes = pd.DataFrame(rows, columns=["item", "point", "failed"]).assign(severity=0.5, propensity=np.nan)
    units = Unit.of(items).judge(probes)
    assert units[["item", "point", "failed"]].to_numpy().tolist() == [[0, 5, 0.5], [0, 6, 1], [2, 5, 0]]
    assert (units["cluster"] == units["item"]).all() and units["complete"].all()
    assert Unit.of(items).population(9) is None, "copies lie at no point"
    assert counted_once(items)["failed"].dropna().tolist() == [1, 0]
    alone = items.assign(cluster=None)
    assert counted_once(alone) is alone
