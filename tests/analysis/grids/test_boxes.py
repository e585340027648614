"""Boxes found again, and what they are called."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failscape.analysis.grids.boxes import best_levels, bounding_box, climb, inside, within
from failscape.analysis.grids.listing import listed
from failscape.analysis.modes.rule import rule_of
from failscape.analysis.modes.rule_name import rule_name
from failscape.concepts import ConceptSpace, concept_space

TURNED = "rotation 10 to 20° (20° is the largest tested)"
SPACE = concept_space(["rotation=-20,-10,0,10,20", "darken=0.1,0.2,0.3,0.4,0.5", "saturation=0.5,0.6,0.7"])


@st.composite
def boxes(draw: st.DrawFn, shape: tuple[int, ...] = SPACE.shape) -> np.ndarray:
    pairs = [sorted((draw(st.integers(0, n - 1)), draw(st.integers(0, n - 1)))) for n in shape]
    return np.array(pairs)


def best_box(points: np.ndarray) -> tuple[np.ndarray, float]:
    """Of axes that have an order."""
    levels, precision = best_levels(SPACE, points)
    return np.array([[one[0], one[-1]] for one in levels]), precision


def points_of(*axes: tuple[int, int], space: ConceptSpace = SPACE) -> np.ndarray:
    return np.flatnonzero(inside(np.array(axes), space.shape))


@given(boxes())
@settings(max_examples=60, deadline=None)
def test_a_box_is_found_again(box: np.ndarray) -> None:
    held = inside(box, SPACE.shape)
    assert held.sum() == np.prod(box[:, 1] - box[:, 0] + 1)
    assert held.reshape(SPACE.shape)[within(box)].all()
    found, precision = best_box(np.flatnonzero(held))
    np.testing.assert_array_equal(found, box)
    assert precision == 1


@given(st.sets(st.integers(0, SPACE.n_points - 1), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_the_best_box_is_no_worse_than_the_bounding_box(rows: set[int]) -> None:
    points = np.array(sorted(rows))

    def f1(box: np.ndarray) -> float:
        held = inside(box, SPACE.shape)
        return 2 * held[points].sum() / (held.sum() + len(points))

    box, precision = best_box(points)
    assert f1(box) >= f1(bounding_box(SPACE.point(points)))
    assert precision == pytest.approx(inside(box, SPACE.shape)[points].sum() / inside(box, SPACE.shape).sum())


def test_a_stray_point_does_not_stretch_the_box() -> None:
    region = points_of((3, 4), (3, 4), (0, 2))
    box, _ = best_box(np.append(region, 0))
    np.testing.assert_array_equal(box, [[3, 4], [3, 4], [0, 2]])


def test_a_climb_passes_a_layer_that_luck_left_empty() -> None:
    score = np.array([3.0, 3.0, -1.0, 4.0, -9.0])
    box, best = climb(np.array([[0, 0]]), (5,), lambda box: float(score[within(box)].sum()))
    assert box.tolist() == [[0, 3]] and best == 9


@pytest.mark.parametrize(
    ("axes", "name"),
    [
        (
            ((3, 4), (3, 4), (0, 2)),
            f"{TURNED} and darken 0.4 to 0.5 (0.5 is the largest tested)",
        ),
        (((0, 4), (4, 4), (0, 2)), "darken 0.5 (the largest tested)"),
        (((0, 1), (0, 4), (0, 2)), "rotation -20 to -10° (-20° is the smallest tested)"),
        (((2, 2), (1, 2), (0, 0)), "rotation 0° and darken 0.2 to 0.3 and saturation 0.5 (the smallest tested)"),
        (((1, 3), (0, 4), (0, 2)), "rotation -10 to 10°"),
        (((0, 4), (0, 4), (0, 2)), "any edit"),
    ],
)
def test_names(axes: tuple[tuple[int, int], ...], name: str) -> None:
    assert name_of(points_of(*axes)) == name


def name_of(points: np.ndarray, classes: Sequence[str] = (), space: ConceptSpace = SPACE) -> str:
    return rule_name(space, rule_of(space, points), classes)


def test_classes_are_named() -> None:
    region = points_of((0, 4), (4, 4), (0, 2))
    assert name_of(region, ["yield"]) == "class = yield and darken 0.5 (the largest tested)"
    assert name_of(np.arange(SPACE.n_points), ["a", "b"]) == "class = a or b"
    assert listed(["a", "b", "c"], "and") == "a, b and c"


@given(st.lists(st.integers(0, SPACE.n_points - 1), min_size=1, max_size=40, unique=True))
def test_a_rule_holds_what_its_boxes_hold_and_nothing_else(points: list[int]) -> None:
    """One box or two, of which every point satisfies each condition of the name."""
    rule = rule_of(SPACE, np.array(points))
    levels = SPACE.grid()
    held = [
        [all(level in some for level, some in zip(point, box, strict=True)) for point in levels] for box in rule.boxes
    ]
    either = np.array(held).any(axis=0)
    np.testing.assert_array_equal(rule.points(SPACE), np.flatnonzero(either))
    assert len(rule.boxes) in (1, 2) and name_of(np.array(points)).count(", or ") == len(rule.boxes) - 1
    for box in rule.boxes:
        assert all(list(some) == list(range(some[0], some[-1] + 1)) for some in box)


def test_two_boxes_tell_what_one_cannot() -> None:
    one, other = points_of((0, 0), (0, 4), (0, 2)), points_of((4, 4), (0, 4), (0, 2))
    rule = rule_of(SPACE, np.concatenate([one, other]))
    np.testing.assert_array_equal(rule.points(SPACE), np.sort(np.concatenate([one, other])))
    assert "-20° (the smallest tested), or rotation 20° (the largest tested)" in rule_name(SPACE, rule)


def test_a_range_is_named_by_its_borders() -> None:
    space = concept_space(["rotation=-20,0,20", "darken=0.1,0.5"])
    space.concepts[0].edges = np.array([-30.0, -10.0, 10.0, 30.0])
    named = [name_of(points_of(span, (0, 1), space=space), (), space) for span in ((2, 2), (0, 1), (1, 1))]
    assert named == [
        "rotation 10 to 30° (the largest tested)",
        "rotation -30 to 10° (-30° is the smallest tested)",
        "rotation -10 to 10°",
    ]


def test_levels_without_order_are_named() -> None:
    from failscape.concepts.item_axis import GroupAxis

    space = ConceptSpace([GroupAxis({"stop": 0, "yield": 1, "bus": 2}), *SPACE.concepts[:1]])
    name = name_of(points_of((2, 2), (3, 4), space=space), (), space)
    assert name == f"class = bus and {TURNED}"


def test_a_rule_does_not_end_where_nothing_can_be_asked() -> None:
    """The outer level of the region has no right answer; one in the middle stays, because a rule is a run of levels."""
    valid = ~np.isin(SPACE.grid()[:, 0], [2, 4])
    rule = rule_of(SPACE, points_of((1, 4), (3, 4), (0, 2)), valid)
    assert rule.boxes == (((1, 2, 3), (3, 4), (0, 1, 2)),)
