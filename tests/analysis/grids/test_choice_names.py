"""Names of regions of text edits."""

import numpy as np
import pytest

from failscape.analysis.modes.rule import rule_of
from failscape.analysis.modes.rule_name import rule_name
from failscape.analysis.report.mode_table import mildest
from failscape.concepts import concept_space
from failscape.concepts.text.steps import stepwise
from tests.support.modes import made_mode

EDITS = ["lower-case", "negate", "word-order", "delete-words", "synonyms"]
ONE = concept_space({"edits": EDITS})
TWO = concept_space({"edits": EDITS, "pairs": True})


def rows(space, points):
    return space.index(np.array(points))


def name_of(space, points, classes=(), noun="class"):
    return rule_name(space, rule_of(space, rows(space, points)), classes, noun)


@pytest.mark.parametrize(
    ("points", "name"),
    [
        ([(0, 1), (0, 2), (0, 3)], "lower-case 50 % to 100 %"),
        ([(2, 0), (2, 1), (2, 2), (2, 3)], "word-order"),
        ([(1, 3)], "negate 100 %"),
        ([(1, 0), (1, 1)], "negate 25 % to 50 %"),
        ([(3, 1), (3, 2)], "delete-words 10 % to 20 %"),
        ([(0, 3), (1, 2), (1, 3)], "lower-case 75 % to 100 % or negate 75 % to 100 %"),
        ([(k, 3) for k in range(5)], "any edit at strength 4 of 4"),
        ([(k, 3) for k in range(3)], "lower-case 100 %, negate 100 % or word-order 100 %"),
    ],
)
def test_single_edits(points, name):
    assert name_of(ONE, points) == name


@pytest.mark.parametrize(
    ("points", "name"),
    [
        ([(0, 0, 2), (0, 0, 3)], "lower-case 75 % to 100 % alone"),
        ([(0, 2, 3)], "lower-case 100 %, followed by negate 100 %"),
        ([(0, 2, s) for s in range(4)], "lower-case, followed by negate"),
        ([(0, 0, 3), (0, 2, 3), (0, 3, 3)], "lower-case 100 %, alone or followed by negate 100 % or word-order 100 %"),
        ([(0, k, s) for k in range(6) for s in (2, 3)], "lower-case 75 % to 100 %"),
        (
            [(0, k, s) for k in range(6) for s in (2, 3)] + [(e, 1, s) for e in range(5) for s in (2, 3)],
            "lower-case 75 % to 100 %, or any edit at strength 3 to 4 of 4, followed by lower-case 75 % to 100 %",
        ),
    ],
)
def test_pairs(points, name):
    assert name_of(TWO, points) == name


def test_groups_are_called_what_they_are():
    points = [(0, 1), (0, 2), (0, 3)]
    assert name_of(ONE, points, ["fire"], "topic") == "topic = fire and lower-case 50 % to 100 %"
    assert name_of(ONE, points, ["fire", "theft"], "topic") == "topic = fire or theft and lower-case 50 % to 100 %"


def test_the_mildest_point_is_the_weakest_with_the_fewest_edits():
    mode = made_mode(rows(TWO, [(0, 0, 3), (0, 2, 1), (0, 0, 2)]))
    assert mildest(mode, TWO) == "lower-case 75 %"  # rather than two at 50 %


def test_edits_made_zero_times_are_not_mentioned():
    space = stepwise(concept_space(["drop-noun=1,2,3", "drop-verb=1,2,3"]))
    assert space.label(np.array([2, 0])) == "drop-noun 2 times"
    assert space.label(np.array([0, 0])) == space.label(np.array([-1, -1])) == "unedited"
    pictures = concept_space(["rotation=-10,0,10"])
    assert pictures.label(np.array([1])) == "rotation 0°"
