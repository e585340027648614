"""A planned run checks its numbers, and its grid has the shares of the test level that the scan has."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from failscape.analysis.modes.box_scan import log_share
from failscape.analysis.planning.study import Axis, Sought, Study, axes_from, axes_of, central_box
from failscape.concepts import concept_space
from failscape.errors import UsageError

AXES = st.builds(Axis, st.integers(2, 6), st.booleans(), st.booleans())


@given(AXES)
def test_the_sides_of_an_axis_share_the_level_whole(axis: Axis) -> None:
    assert sum(math.exp(axis.log_share(*span)) for span in axis.spans()) == pytest.approx(1)


def test_a_box_has_the_share_that_the_scan_gives_it() -> None:
    space = concept_space(["rotation=-10,0,10", "darken=0.1,0.2,0.3,0.4"])
    box = np.array([[0, 1], [2, 2]])
    axes = axes_of(space)
    assert sum(a.log_share(*side) for a, side in zip(axes, box.tolist(), strict=True)) == pytest.approx(
        log_share(space, box)
    )


def test_the_points_of_a_box_are_rows_of_the_grid() -> None:
    space = concept_space(["rotation=-10,0,10", "darken=0.1,0.2,0.3,0.4"])
    sought = Sought((1, 2), (2, 3), 0.5)
    levels = space.point(sought.points(axes_of(space)))
    assert levels.tolist() == [[1, 2], [1, 3], [2, 2], [2, 3]] and sought.size == 4


@given(st.lists(st.integers(1, 7), min_size=1, max_size=4), st.floats(0.01, 0.9))
def test_the_central_box_lies_in_the_grid_and_is_about_as_large_as_asked(shape: list[int], share: float) -> None:
    axes = tuple(map(Axis, shape))
    sought = central_box(axes, share, 0.5)
    assert all(0 <= a <= b < axis.n for a, b, axis in zip(sought.low, sought.high, axes, strict=True))
    assert abs(math.log(sought.size / max(1, share * math.prod(shape)))) <= math.log(2) + 1e-9


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"queries": 0}, "one or more queries"),
        ({"groups": 200}, "200 groups are more than 100 items"),
        ({"held_out": 1.0}, "held-out share is 1"),
        ({"base": 1.0}, "base rate is 1"),
        ({"items": 2, "held_out": 0.1}, "leaves one side empty"),
        ({"left_out": 1.0}, "left out"),
        ({"axes": ()}, "one or more points"),
        ({"axes": axes_from("200x200")}, "at most 20,000 points, this one has 40,000"),
    ],
)
def test_what_cannot_be_planned_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Study(**{"axes": axes_from("5x5"), "queries": 100, "items": 100, **change})


@pytest.mark.parametrize("text", ["", "5x", "5xa", "0x3", "-5", "5.5"])
def test_a_grid_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="5x5x5"):
        axes_from(text)


def test_a_budget_pays_for_no_more_than_there_is() -> None:
    study = Study(axes_from("3x3"), 20_000, 100, left_out=1 / 9)
    assert study.n_probes == 80 * 8 and study.n_existing == 8
