"""Boxes found again, and what they are called."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failscape.analysis.grids.boxes import best_levels, bounding_box, climb, inside, within
from failscape.analysis.grids.listing import listed
from failscape.analysis.grids.region_names import region_name
from failscape.concepts import ConceptSpace, concept_space

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
        (((3, 4), (3, 4), (0, 2)), "rotation ≥ 10° and darken ≥ 0.4"),
        (((0, 4), (4, 4), (0, 2)), "darken ≥ 0.5"),
        (((0, 1), (0, 4), (0, 2)), "rotation ≤ -10°"),
        (((2, 2), (1, 2), (0, 0)), "rotation 0° and darken 0.2 to 0.3 and saturation ≤ 0.5"),
        (((1, 3), (0, 4), (0, 2)), "rotation -10 to 10°"),
        (((0, 4), (0, 4), (0, 2)), "any edit"),
    ],
)
def test_names(axes: tuple[tuple[int, int], ...], name: str) -> None:
    assert region_name(SPACE, points_of(*axes)) == name


def test_classes_and_the_worst_of_them() -> None:
    region = points_of((0, 4), (4, 4), (0, 2))
    assert region_name(SPACE, region, classes=["yield"]) == "class = yield and darken ≥ 0.5"
    assert region_name(SPACE, region, worst=["stop", "yield"]) == "darken ≥ 0.5, stop and yield worst"
    assert region_name(SPACE, np.arange(SPACE.n_points), classes=["a", "b"]) == "class = a or b"
    assert listed(["a", "b", "c"], "and") == "a, b and c"


def test_a_name_that_holds_much_else_says_mostly() -> None:
    line = np.array([SPACE.index(np.array([[i, i, 1]]))[0] for i in range(5)])
    assert region_name(SPACE, np.concatenate([line, line - 1])).startswith("mostly ")


def test_a_range_is_named_by_its_borders() -> None:
    space = concept_space(["rotation=-20,0,20", "darken=0.1,0.5"])
    space.concepts[0].edges = np.array([-30.0, -10.0, 10.0, 30.0])
    assert region_name(space, points_of((2, 2), (0, 1), space=space)) == "rotation ≥ 10°"
    assert region_name(space, points_of((0, 1), (0, 1), space=space)) == "rotation ≤ 10°"
    assert region_name(space, points_of((1, 1), (0, 1), space=space)) == "rotation -10 to 10°"


def test_levels_without_order_are_named() -> None:
    from failscape.concepts.item_axis import GroupAxis

    space = ConceptSpace([GroupAxis({"stop": 0, "yield": 1, "bus": 2}), *SPACE.concepts[:1]])
    assert region_name(space, points_of((2, 2), (3, 4), space=space)) == "class = bus and rotation ≥ 10°"
