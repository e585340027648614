"""Names of regions of text edits."""

import numpy as np
import pytest

from failscape.analysis.grids.region_names import region_name
from failscape.analysis.modes.mode import Mode
from failscape.analysis.report.mode_table import mildest
from failscape.concepts import concept_space
from failscape.concepts.text.steps import stepwise

EDITS = ["lower-case", "negate", "word-order", "delete-words", "synonyms"]
ONE = concept_space({"edits": EDITS})
TWO = concept_space({"edits": EDITS, "pairs": True})


def rows(space, points):
    return space.index(np.array(points))


@pytest.mark.parametrize(
    ("points", "name"),
    [
        ([(0, 1), (0, 2), (0, 3)], "lower-case from 50 %"),
        ([(2, 0), (2, 1), (2, 2), (2, 3)], "word-order"),
        ([(1, 3)], "negate 100 %"),
        ([(1, 0), (1, 1)], "negate up to 50 %"),
        ([(3, 1), (3, 2)], "delete-words 10 % to 20 %"),
        ([(0, 3), (1, 2), (1, 3)], "lower-case 100 % or negate from 75 %"),
        ([(0, 0), (0, 3)], "mostly lower-case"),
        ([(k, 3) for k in range(5)], "lower-case 100 %, negate 100 % or 3 others"),
    ],
)
def test_single_edits(points, name):
    assert region_name(ONE, rows(ONE, points)) == name


@pytest.mark.parametrize(
    ("points", "name"),
    [
        ([(0, 0, 2), (0, 0, 3)], "lower-case from 75 %"),
        ([(0, 2, 3)], "lower-case 100 % with negate 100 %"),
        ([(0, 2, 3), (1, 1, 3)], "lower-case 100 % with negate"),
        ([(0, 2, s) for s in range(4)], "lower-case with negate"),
        ([(0, 0, 3), (0, 2, 3), (0, 3, 3)], "lower-case 100 %, alone or with negate or word-order"),
        ([(0, k, s) for k in range(6) for s in (2, 3)], "lower-case from 75 % with anything"),
    ],
)
def test_pairs(points, name):
    assert region_name(TWO, rows(TWO, points)) == name


def test_groups_are_called_what_they_are():
    points = rows(ONE, [(0, 1), (0, 2), (0, 3)])
    assert region_name(ONE, points, ["fire"], (), "topic") == "topic = fire and lower-case from 50 %"
    assert region_name(ONE, points, (), ["fire", "theft"]) == "lower-case from 50 %, fire and theft worst"


def test_the_mildest_point_is_the_weakest_with_the_fewest_edits():
    mode = Mode(rows(TWO, [(0, 0, 3), (0, 2, 1), (0, 0, 2)]), (), "m", 1, 1, 1, 0, 0, 0, 1, (), 1)
    assert mildest(mode, TWO) == "lower-case 75 %"  # rather than two at 50 %


def test_edits_made_zero_times_are_not_mentioned():
    space = stepwise(concept_space(["drop-noun=1,2,3", "drop-verb=1,2,3"]))
    assert space.label(np.array([2, 0])) == "drop-noun 2 times"
    assert space.label(np.array([0, 0])) == space.label(np.array([-1, -1])) == "unedited"
    pictures = concept_space(["rotation=-10,0,10"])
    assert pictures.label(np.array([1])) == "rotation 0°"
