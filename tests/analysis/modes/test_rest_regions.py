"""Modes of tables: boxes that fail more than the rest of the grid, with items as clusters."""

import numpy as np
import pytest
from scipy.stats import t as student

from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.modes.evidence import exceeds_rest
from failscape.analysis.statistics.contrast import Contrast
from failscape.analysis.statistics.rates import clustered_rate, difference_p, sum_p
from failscape.analysis.statistics.units import Unit
from tests.support.recorded_tables import correlated, frames, modes_of, space

N_ITEMS, PER_ITEM, RHO = 120, 12, 0.27  # a design effect of 4


def layout() -> tuple[np.ndarray, np.ndarray]:
    """Items whose crossings are their own, and which are asked about at every other point."""
    item, k = np.repeat(np.arange(N_ITEMS), PER_ITEM), np.tile(np.arange(PER_ITEM), N_ITEMS)
    return item, np.ravel_multi_index([item % 3, k % 2, k // 2 % 3, k // 6], space().shape)


@pytest.mark.parametrize(("rate", "seed"), [(0.1, 0), (0.4, 1), (0.85, 2)])
def test_a_table_without_modes_shows_none(rate: float, seed: int) -> None:
    rng, (item, point) = np.random.default_rng(seed), layout()
    tables = [correlated(rng, item, np.full(len(item), rate), RHO) for _ in range(12)]
    effects = [len(item) / clustered_rate(item, failed.astype(float), np.ones(len(item)))[1] for failed in tables]
    assert np.mean(effects) > 2.4  # nominally four; less at rates far from one half
    assert sum(bool(modes_of(item, failed, point)) for failed in tables) <= 2  # of 12 at 5 %: 98 % of the time


def test_a_planted_box_is_named_exactly() -> None:
    rng, (item, point) = np.random.default_rng(3), layout()
    levels = space().point(point)
    rate = np.where((levels[:, 0] == 1) & (levels[:, 3] == 0), 0.75, 0.25)
    (mode,) = modes_of(item, correlated(rng, item, rate, RHO), point)
    assert mode.name == "crossings = 1 and prompt = count"
    assert abs(mode.seen_rate - 0.75) < 0.15 and mode.q_value < 1e-3


def test_two_causes_that_add_up_are_two_short_rules() -> None:
    rng, (item, point) = np.random.default_rng(4), layout()
    levels = space().point(point)
    rate = 0.2 + 0.3 * (levels[:, 0] == 1) + 0.3 * (levels[:, 3] == 0)
    names = [mode.name for mode in modes_of(item, correlated(rng, item, rate, RHO), point)]
    assert sorted(names) == ["crossings = 1", "prompt = count"]


def test_a_quadratic_form_is_the_test_of_single_rows() -> None:
    rng, (item, point) = np.random.default_rng(5), layout()
    failed = correlated(rng, item, np.full(len(item), 0.4), RHO)
    probes, items = frames(item, failed, point)
    units = Unit.of(items).complete(probes).assign(share=1.0)
    contrast, inside = Contrast(units, 36), rng.random(36) < 0.4
    sides = np.where(inside[point], 1 / inside[point].sum(), -1 / (~inside[point]).sum())
    added = np.bincount(item, sides * (failed - failed.mean()))
    assert contrast.z(inside, np.ones(36, bool)) == pytest.approx(max(added.sum() / np.sqrt((added**2).sum()), 0))
    p = exceeds_rest(units, np.flatnonzero(inside), np.flatnonzero(~inside))
    assert p == pytest.approx(sum_p(added), rel=0.5) and p >= sum_p(added)


def test_few_clusters_prove_little() -> None:
    clusters = np.repeat([0, 1, 2, 3], 50)
    inside = clusters < 1
    assert difference_p(clusters, inside.astype(float), np.ones(200), inside) > 0.05  # fifty failures of one item
    terms = np.array([1.0, 1.0, 1.0, 1.0, 1.2])
    assert (
        0.01 < sum_p(terms) < 0.05
        and sum_p(np.tile(terms, 4)) < 0.001
        and sum_p(-terms) == 1
        and sum_p(np.zeros(5)) == 1
    )
    symmetric = np.array([3.0, -1.0, 2.0, -1.5, 1.0, 2.5, -0.5])
    t = symmetric.sum() / np.sqrt((symmetric**2).sum())
    freedom = (symmetric**2).sum() ** 2 / (symmetric**4).sum() - 1
    assert sum_p(symmetric) >= student.sf(t, freedom)  # never more certain than Student's


def test_what_was_read_completely_is_known() -> None:
    item, point = layout()
    failed = correlated(np.random.default_rng(6), item, np.full(len(item), 0.3), RHO)
    probes, items = frames(item, failed, point)
    found = Landscape.from_probes(probes, space(), items=items)
    wanted = probes.groupby("point")["failed"].mean()
    assert found.is_complete and (found.table["smoothed"] == wanted).all() and (found.table["deviation"] == 0).all()
    assert found.failure_rate == pytest.approx(failed.mean(), abs=1e-15)
    assert ((found.table["smoothed_low"] < wanted) & (wanted < found.table["smoothed_high"])).all()
    part = Landscape.from_probes(probes[probes["item"] % 7 > 0], space(), items=items)
    assert not part.is_complete and (part.table["deviation"] > 0).any()
