"""The power of the search: exact where one point is tested alone, sensible elsewhere."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, poisson

from failscape.analysis.planning.near_boxes import near_boxes
from failscape.analysis.planning.power import DRAWS, power, smallest_rate
from failscape.analysis.planning.searching import found, points_speak
from failscape.analysis.planning.study import Axis, Sought, Study, axes_from, central_box
from failscape.analysis.statistics.multiple_testing import LEVEL, exceeds

STUDY = Study(axes_from("6x6"), 3000, 1000, base=0.05)


def test_one_point_alone_is_found_as_often_as_fishers_test_says() -> None:
    study, rate = Study(axes_from("20"), 800, 2000, base=0.1), 0.3
    assert points_speak(study)
    n, k = np.meshgrid(np.arange(1, 90), np.arange(0, 90), indexing="ij")
    chance = poisson.pmf(n, 40) * binom.pmf(k, n, rate)
    other = np.linspace(*binom.ppf([0.01, 0.99], 1600, 0.1), 9)
    exact = 0.0
    for failed, weight in zip(other, binom.pmf(other.round(), 1600, 0.1), strict=True):
        p = exceeds(k.ravel(), n.ravel(), np.full(k.size, failed.round()), np.full(k.size, 1600.0))
        exact += weight * float(chance.ravel() @ (20 * p <= LEVEL))
    exact /= binom.pmf(other.round(), 1600, 0.1).sum()
    simulated = float((~np.isnan(found(study, Sought((7,), (7,), rate), 4000, 0).rates)).mean())
    assert simulated == pytest.approx(exact, abs=0.03)


def test_near_boxes_are_boxes_of_the_grid_and_hold_the_planted_one_first() -> None:
    axes = (Axis(5), Axis(4, ordered=False, whole=True))
    boxes = near_boxes(axes, Sought((1, 2), (3, 2), 0.5))
    assert boxes.inside[0] == 1 and (boxes.holds[0] == boxes.planted).all() and boxes.planted.sum() == 3
    assert (boxes.inside <= 1).all() and len(boxes.holds) == len(boxes.log_share) > 5
    overlap = (boxes.holds & boxes.planted).sum(axis=1) / boxes.holds.sum(axis=1)
    assert overlap == pytest.approx(boxes.inside)


@settings(deadline=None, max_examples=12)
@given(st.sampled_from([300, 3000, 9000]), st.sampled_from([1, 8]), st.floats(0.1, 0.6), st.booleans())
def test_power_grows_with_rate_budget_and_items(queries: int, groups: int, rate: float, one_group: bool) -> None:
    study = replace(STUDY, queries=queries, groups=groups)
    sought = replace(central_box(study.axes, 0.15, rate), one_group=one_group)
    base = power(study, sought, draws=DRAWS)
    assert power(study, replace(sought, rate=min(1.0, rate + 0.1)), draws=DRAWS) >= base - 0.05
    assert power(replace(study, items=2 * study.items), sought, draws=DRAWS) >= base - 0.06
    # More probes may turn a scan of boxes into tests of points, which may be the less powerful one of a large mode.
    more = replace(study, queries=2 * queries)
    if points_speak(more) == points_speak(study):
        assert power(more, sought, draws=DRAWS) >= base - 0.06


def test_what_does_not_fail_more_is_not_found() -> None:
    sought = central_box(STUDY.axes, 0.1, 0.05)
    assert power(STUDY, sought) == 0
    assert power(STUDY, replace(sought, rate=0.5, one_group=True)) == 0  # of the only group there is


def test_the_whole_grid_is_no_mode_of_all_groups() -> None:
    whole = Sought((0, 0), (5, 5), 0.9)
    assert power(STUDY, whole) == 0


def test_the_smallest_rate_has_the_power_that_is_asked() -> None:
    sought = central_box(STUDY.axes, 0.1, 0.5)
    rate = smallest_rate(STUDY, sought)
    assert rate is not None and 0.1 < rate < 0.4
    at, below = (power(STUDY, replace(sought, rate=one), draws=DRAWS) for one in (rate, rate - 0.03))
    assert at >= 0.8 > below


def test_no_rate_is_found_where_held_out_items_are_too_few() -> None:
    study = replace(STUDY, groups=50)
    assert smallest_rate(study, replace(central_box(study.axes, 0.1, 0.5), one_group=True)) is None
