"""GenEval's rules: cases by hand, the same rules written a second time, and laws."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failscape.data.prompts.geneval import DIRECTIONS, TASKS, Excluded, GenevalRule, Included, Relation, read_geneval
from failscape.errors import UsageError
from failscape.rewards.geneval import (
    PAPER,
    GenevalSettings,
    colour_rows,
    directions,
    kept,
    scores,
    verdict,
    verdicts,
)
from failscape.targets.detectors.detections import Detections
from tests.support.geneval_by_hand import correct_by_hand
from tests.support.geneval_cases import draw_cases

ONE = GenevalRule("single_object", "a cow", (Included("cow", 1),))
THREE = GenevalRule("counting", "three cows", (Included("cow", 3),), (Excluded("cow", 4),))
BLUE = GenevalRule("colors", "two blue cows", (Included("cow", 2, "blue"),))
LEFT = GenevalRule(
    "position", "a dog left of a cow", (Included("cow", 1), Included("dog", 1, relation=Relation("left of", 0)))
)
PAPERS = GenevalSettings(position=PAPER)
BOX = (10.0, 10.0, 30.0, 30.0)


def found(*seen):
    """Detections of (name, confidence) or (name, confidence, box)."""
    boxes = [one[2] if len(one) > 2 else BOX for one in seen]
    names = np.array([one[0] for one in seen], object)
    return Detections(names, np.array([one[1] for one in seen], float), np.array(boxes, float).reshape(-1, 4))


@pytest.mark.parametrize(
    ("confidences", "reasons"),
    [
        ([0.31], ()),
        ([math.nextafter(0.3, 1)], ()),
        ([0.3], ("0 cow found, not 1",)),
        ([], ("0 cow found, not 1",)),
        ([0.9] * 20, ()),
    ],
)
def test_an_object_counts_above_the_threshold(confidences, reasons):
    assert verdict(ONE, found(*[("cow", one) for one in confidences])) == (not reasons, reasons)


@pytest.mark.parametrize(
    ("confidences", "reasons"),
    [
        ([0.95, 0.95, 0.95], ()),
        ([0.95, 0.95, 0.95, 0.9], ()),
        ([0.95, 0.95, 0.9], ("2 cow found, not 3",)),
        ([0.95, 0.95, 0.95, 0.91], ("4 cow found, not fewer than 4",)),
    ],
)
def test_counting_takes_surer_objects_and_the_right_number(confidences, reasons):
    assert verdict(THREE, found(*[("cow", one) for one in confidences])) == (not reasons, reasons)


def test_sixteen_of_a_class_count_at_most():
    crowd = found(*[("cow", 0.95)] * 20)
    many = GenevalRule("counting", "16", (Included("cow", 16),), (Excluded("cow", 17),))
    assert verdict(many, crowd).correct
    assert verdict(many._replace(include=(Included("cow", 17),)), crowd).reasons == ("16 cow found, not 17",)
    assert not verdict(many, crowd, settings=GenevalSettings(at_most=17)).correct


def test_colour_is_asked_of_the_surest_objects_only():
    seen = found(("cow", 0.5), ("cow", 0.9), ("dog", 0.99), ("cow", 0.7), ("cow", 0.2))
    assert colour_rows(BLUE, seen).tolist() == [1, 3]
    assert verdict(BLUE, seen, {1: "blue", 3: "blue"}).correct
    assert verdict(BLUE, seen, {1: "blue", 3: "red"}).reasons == ("cow wanted blue: 1 blue and 1 red found",)
    with pytest.raises(UsageError, match="colour of detection 3"):
        verdict(BLUE, seen, {1: "blue"})


def test_no_colour_is_asked_where_there_are_too_few():
    seen = found(("cow", 0.5), ("dog", 0.9))
    assert colour_rows(BLUE, seen).tolist() == [] and colour_rows(ONE, seen).tolist() == []
    assert verdict(BLUE, seen).reasons == ("1 cow found, not 2",)


def test_of_equally_sure_objects_the_first_is_asked():
    assert kept(found(("cow", 0.5), ("cow", 0.5), ("cow", 0.6)), 0.3, 2)["cow"].tolist() == [2, 0]


def square(x, y, side):
    return (x - side / 2, y - side / 2, x + side / 2, y + side / 2)


# A dog's centre as seen from a cow of side 20 at the origin, its side, and where it lies: released rule, paper's rule.
@pytest.mark.parametrize(
    ("x", "y", "side", "released", "paper"),
    [
        (-60, 0, 20, {"left of"}, {"left of"}),
        (60, 0, 20, {"right of"}, {"right of"}),
        (0, -60, 20, {"above"}, {"above"}),
        (0, 60, 20, {"below"}, {"below"}),
        (-60, -60, 20, {"left of", "above"}, {"left of", "above"}),
        (60, 5, 20, {"right of"}, {"right of", "below"}),
        (0, 0, 20, set(), set()),
        (4, 0, 20, set(), set()),  # as far as the margin
        (4.5, 0, 20, set(), {"right of"}),  # .5 of 4.5 is beyond it
        (8, 0, 20, set(), {"right of"}),  # half of it: not more than half
        (9, 0, 20, {"right of"}, {"right of"}),
        (40, 30, 130, set(), {"right of", "below"}),  # 25 of 50 beyond the margin: half of it
        (41, 30, 130, {"right of"}, {"right of", "below"}),
    ],
)
def test_direction_is_that_of_the_offset_beyond_the_margin(x, y, side, released, paper):
    dog, cow = np.array([square(x, y, side)]), np.array([square(0, 0, 20)])
    for settings_, expected in ((GenevalSettings(), released), (PAPERS, paper)):
        there = directions(dog, cow, settings_)
        assert there.shape == (1, 1, 4)
        assert {name for name, yes in zip(DIRECTIONS, there[0, 0], strict=True) if yes} == expected


def test_an_offset_that_hardly_exceeds_the_margin_is_none():
    tiny = np.array([square(1e-3, 0, 1e-4)]), np.array([square(0, 0, 1e-4)])
    assert not directions(*tiny).any()
    assert directions(*tiny, PAPERS).any()


def test_every_pair_must_lie_in_the_direction():
    both = (Included("cow", 1), Included("dog", 2, relation=Relation("left of", 0)))
    cow, left, right = ("cow", 0.9, square(0, 0, 20)), ("dog", 0.9, square(-60, 0, 20)), ("dog", 0.8, square(60, 0, 20))
    assert verdict(LEFT, found(cow, left, right)).correct
    told = verdict(LEFT._replace(include=both), found(cow, left, right))
    assert told.reasons == ("dog not left of its target in 1 pair of 2",)
    assert verdict(LEFT._replace(include=both), found(cow, left, left)).correct


def test_a_target_that_does_not_fit_is_no_target():
    red = LEFT._replace(include=(Included("cow", 1, "red"), LEFT.include[1]))
    seen = found(("cow", 0.9, square(0, 0, 20)), ("dog", 0.9, square(-60, 0, 20)))
    assert verdict(red, seen, {0: "red"}).correct
    expected = ("cow wanted red: 1 blue found", "nothing found for the dog to be left of")
    assert verdict(red, seen, {0: "blue"}).reasons == expected


def test_scores_are_means_of_tasks():
    told = scores(["position", "colors", "position", "position"], np.array([True, False, False, False]))
    assert told.tasks == {"colors": 0.0, "position": pytest.approx(1 / 3)}
    assert told.n_pictures == {"colors": 1, "position": 3}
    assert told.overall == pytest.approx(1 / 6)


def test_bad_input_is_one_line():
    one = found(("cow", 0.9))
    with pytest.raises(UsageError, match="no position rule 'papers'; did you mean paper"):
        GenevalSettings(position="papers")
    with pytest.raises(UsageError, match="outside \\[0, 1\\]"):
        verdict(ONE, one._replace(confidences=np.array([np.nan])))
    with pytest.raises(UsageError, match="left, top, right, bottom"):
        verdict(ONE, one._replace(boxes=np.array([[3.0, 0, 1, 1]])))
    with pytest.raises(UsageError, match="for each of 1 names"):
        verdict(ONE, one._replace(boxes=np.zeros((2, 4))))
    with pytest.raises(UsageError, match="1 rules, 0 detections and 1 colours"):
        verdicts([ONE], [], [{}])
    with pytest.raises(UsageError, match="no task 'colour'"):
        scores(["colour"], np.array([True]))
    with pytest.raises(UsageError, match="at least one"):
        scores([], np.zeros(0, bool))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Cases about the thresholds, and their rules as they are read from a file."""
    cases = draw_cases(600, seed=1)
    path = tmp_path_factory.mktemp("geneval") / "metadata.jsonl"
    path.write_text("\n".join(json.dumps(case.record) for case in cases))
    return list(zip(read_geneval(path), cases, strict=True))


def test_verdicts_are_those_of_the_rules_by_hand(drawn):
    for rule, case in drawn:
        told = verdict(rule, case.detections(), case.colours())
        assert told.correct == correct_by_hand(case.record, case.seen), (case, told)
        asked = set(colour_rows(rule, case.detections()).tolist())
        some = {row: colour for row, colour in case.colours().items() if row in asked}
        assert verdict(rule, case.detections(), some) == told  # no other colour is needed
    assert {rule.task for rule, _ in drawn} == set(TASKS)


@settings(deadline=None, max_examples=60)
@given(index=st.integers(0, 599), dx=st.integers(-400, 400), dy=st.integers(-400, 400), power=st.integers(-2, 3))
def test_moving_and_scaling_all_boxes_changes_nothing(drawn, index, dx, dy, power):
    rule, case = drawn[index]
    seen = case.detections()
    moved = seen._replace(boxes=(seen.boxes + np.array([dx, dy, dx, dy])) * 2.0**power)  # exact in binary
    for settings_ in (GenevalSettings(), PAPERS):
        told = verdict(rule, seen, case.colours(), settings_)
        assert verdict(rule, moved, case.colours(), settings_) == told


@settings(deadline=None, max_examples=60)
@given(index=st.integers(0, 599), share=st.floats(0, 1), name=st.sampled_from(["cow", "dog", "bench", "zebra"]))
def test_an_object_below_the_threshold_changes_nothing(drawn, index, share, name):
    rule, case = drawn[index]
    seen, least = case.detections(), GenevalSettings().least(rule.task)
    more = Detections(
        np.append(seen.names, name),
        np.append(seen.confidences, share * least),
        np.concatenate([seen.boxes, [[0.0, 0.0, 9.0, 9.0]]]),
    )
    assert verdict(rule, more, case.colours()) == verdict(rule, seen, case.colours())


@settings(deadline=None, max_examples=60)
@given(index=st.integers(0, 599), seed=st.integers(0, 99))
def test_the_order_of_objects_of_different_confidence_changes_nothing(drawn, index, seed):
    rule, case = drawn[index]
    seen = list({one.confidence: one for one in case.seen}.values())
    order = np.random.default_rng(seed).permutation(len(seen))
    told = [
        verdict(rule, made.detections(), made.colours())
        for made in (
            case._replace(seen=seen),
            case._replace(seen=[seen[place] for place in order]),
        )
    ]
    assert told[0].correct == told[1].correct


@settings(deadline=None, max_examples=60)
@given(index=st.integers(0, 199), data=st.data())
def test_where_objects_must_only_be_there_surer_and_more_ones_do_no_harm(drawn, index, data):
    plain = [(rule, case) for rule, case in drawn if rule.task in ("single_object", "two_object")]
    rule, case = plain[index]
    seen = case.detections()
    raised = [data.draw(st.floats(value, 1)) for value in seen.confidences]
    assert verdict(rule, seen._replace(confidences=np.array(raised))).correct >= verdict(rule, seen).correct
