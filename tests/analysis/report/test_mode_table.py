"""What people and files see of failure modes."""

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from failscape.analysis.modes.mode import Mode
from failscape.analysis.modes.search import find_modes
from failscape.analysis.modes.serialization import mode_rows, modes_from_rows
from failscape.analysis.report.mode_table import failing_probes, mildest, mode_views, modes_of, modes_table
from failscape.concepts import concept_space

CLASSES = ("stop", "yield", "no entry", "parking")


@pytest.fixture
def found(made: Callable) -> tuple[object, list[Mode]]:
    run = made(3, 4000)
    return run, find_modes(run.landscape, run.probes, run.items, CLASSES)


def test_modes_come_back_from_a_file(found: tuple) -> None:
    _, modes = found
    assert modes
    again = modes_from_rows(json.loads(json.dumps(mode_rows(modes))))
    assert mode_rows(again) == mode_rows(modes) and again[0].points.dtype == np.int64


def test_examples_fail_inside_the_mode_one_per_item_the_edit_to_blame_first(found: tuple) -> None:
    run, modes = found
    for view in mode_views(modes, run.probes, run.items, run.context()):
        assert 1 <= len(view.examples) <= 6 and view.examples[0].failed
        assert {e.point for e in view.examples} <= set(view.mode.points.tolist())
        assert len({e.name for e in view.examples}) == len(view.examples)
        shown = failing_probes(view.mode, run.probes, run.items, run.space)
        was_right = (~run.items["failed"])[shown["item"]].to_numpy()
        assert (np.diff(was_right.astype(int)) <= 0).all()


def test_a_mode_of_some_classes_shows_only_them(found: tuple) -> None:
    run, modes = found
    shown = failing_probes(replace(modes[0], classes=(2,)), run.probes, run.items, run.space)
    assert set(shown["group"]) == {2}


def test_examples_reach_over_the_whole_rule_typical_before_extreme(found: tuple) -> None:
    """The first has the severity nearest to the median; a dozen reach every level at which a failure is outermost."""
    run, modes = found
    mode = replace(modes[0], points=np.arange(run.space.n_points), classes=())
    shown = failing_probes(mode, run.probes, run.items, run.space)
    right = shown[(~run.items["failed"])[shown["item"]].to_numpy()]
    off = (right["severity"] - run.probes.loc[run.probes["failed"], "severity"].median()).abs()
    assert off.iloc[0] == off.min()
    reach, levels = (run.space.point(rows["point"].to_numpy()) for rows in (right, shown.head(12)))
    for axis in range(len(run.space.shape)):
        assert {reach[:, axis].min(), reach[:, axis].max()} <= set(levels[:, axis].tolist())
    assert shown["group"].head(12).nunique() >= 4


def test_probes_are_told_of_the_first_mode_that_holds_them(found: tuple) -> None:
    run, modes = found
    here, other = run.probes["point"].iloc[0], run.probes["group"].iloc[0] + 1
    everywhere = replace(modes[0], name="all", points=np.arange(run.space.n_points), classes=())
    worse = replace(modes[0], name="worse", points=np.array([here]), classes=())
    elsewhere = replace(worse, name="others", classes=(other,))
    assert modes_of([worse, everywhere, elsewhere], run.probes)[0] == "worse"
    told = np.array(modes_of([elsewhere, worse], run.probes))
    assert set(told) == {"worse", "others", "none"}
    np.testing.assert_array_equal(told == "none", run.probes["point"] != here)


def test_the_mildest_point_is_the_nearest_to_unedited(found: tuple) -> None:
    run, modes = found
    corner = np.arange(run.space.n_points)
    assert mildest(replace(modes[0], points=corner), run.space) == "rotation 0°, darken 0.1, saturation 0.7"


def test_the_mildest_point_is_an_edited_one(found: tuple) -> None:
    _, modes = found
    space = concept_space(["rotation=-10,0,10", "darken=0,0.5"])
    assert mildest(replace(modes[0], points=np.arange(6)), space) == "rotation -10°, darken 0"
    assert mildest(replace(modes[0], points=np.array([2, 3, 5])), space) == "rotation 0°, darken 0.5"
    assert mildest(replace(modes[0], points=np.array([2])), space) == "", "it holds the unedited point alone"


def test_the_table_has_a_row_per_mode_and_says_how_sure(found: tuple) -> None:
    _, modes = found
    lines = modes_table(modes).splitlines()
    assert len(lines) == 2 + len(modes) and "not tried on held-out items" in lines[2] and modes[0].name in lines[2]
