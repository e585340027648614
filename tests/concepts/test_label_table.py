"""What rules make of a grid: which class is right where, what is asked instead, how many cells are left out."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from failscape.common.label_rules import EVERY, INVALID, KEPT, LabelRule
from failscape.concepts import ConceptSpace
from failscape.concepts.item_axis import GroupAxis
from failscape.concepts.parsing import concept_space
from failscape.data.batch import Images
from failscape.errors import UsageError
from tests.support.pictures import noise

LEFT, RIGHT, ROUND = 0, 1, 2
FLIPPED = (LabelRule("flip", 0.5, 1, LEFT, RIGHT), LabelRule("flip", 0.5, 1, RIGHT, LEFT))
TURNED = (
    LabelRule("rotation", 20, 60, LEFT, INVALID),
    LabelRule("rotation", 80, 100, LEFT, RIGHT),
    LabelRule("rotation", 150, 180, EVERY, INVALID),
    LabelRule("rotation", 150, 180, ROUND, KEPT),
)


def rights(space: ConceptSpace, label: int) -> list[int]:
    return space.labels.right_answers(space.grid(), np.full(space.n_points, label)).tolist()


def test_levels_and_classes_have_their_own_effects() -> None:
    space = concept_space(["rotation=0,30,90,170"]).with_labels(TURNED, [LEFT, RIGHT, ROUND])
    assert rights(space, LEFT) == [LEFT, INVALID, RIGHT, INVALID]
    assert rights(space, RIGHT) == [RIGHT, RIGHT, RIGHT, INVALID]
    assert rights(space, ROUND) == [ROUND] * 4
    np.testing.assert_allclose(space.valid_share(space.grid()), [1, 2 / 3, 1, 1 / 3])
    assert space.label_counts == (12, 3, 1)
    assert space.missing == ()


def test_edits_act_one_after_the_other_in_their_order() -> None:
    rules = (*FLIPPED, LabelRule("rotation", 80, 100, LEFT, ROUND), LabelRule("rotation", 80, 100, RIGHT, INVALID))
    first, then = (
        ConceptSpace(concept_space(["rotation=0,90", "flip"]).concepts, order).with_labels(rules, [0, 1, 2])
        for order in (("rotation", "flip"), ("flip", "rotation"))
    )
    both = np.array([[1, 1]])
    assert first.labels.right_answers(both, np.array([LEFT])).tolist() == [ROUND]
    assert then.labels.right_answers(both, np.array([LEFT])).tolist() == [INVALID]
    assert first.labels.right_answers(both, np.array([RIGHT])).tolist() == [INVALID]
    assert then.labels.right_answers(both, np.array([RIGHT])).tolist() == [ROUND]


def test_what_changes_nothing_keeps_every_class() -> None:
    everything = [LabelRule("rotation", -180, 180, EVERY, INVALID), LabelRule("flip", 0, 1, EVERY, INVALID)]
    space = concept_space(["rotation=0,5", "flip"]).with_labels(everything, [0, 1])
    assert space.valid(np.array([[0, 0], [1, 0], [0, 1], [-1, -1]]), np.zeros(4, int)).tolist() == [
        True,
        False,
        False,
        True,
    ]
    assert space.missing == (1, 2, 3) and space.exists.tolist() == [True, False, False, False]


def test_a_cell_of_a_range_has_a_right_answer_where_all_of_it_has_the_same() -> None:
    space = concept_space(["rotation=0..100/5"]).with_labels(TURNED, [LEFT])  # ends of rules at 20, 60, 80 and 100
    assert rights(space, LEFT) == [INVALID, INVALID, INVALID, INVALID, RIGHT]
    finer = concept_space(["rotation=61..79/2"]).with_labels((*TURNED, LabelRule("flip", 0, 1, 0, 0)), [LEFT])
    assert rights(finer, LEFT) == [LEFT, LEFT]


def test_instead_of_what_has_no_answer_the_nearest_that_has_is_asked() -> None:
    space = concept_space(["rotation=0,30,90,170", "flip"]).with_labels((*TURNED, *FLIPPED), [LEFT, RIGHT, ROUND])
    points = np.array([[1, 0], [1, 1], [2, 1], [3, 0], [3, 0], [-1, 1]])
    classes = np.array([LEFT, LEFT, LEFT, LEFT, ROUND, LEFT])
    moved = space.askable(points, classes)
    assert moved[2:].tolist() == [[2, 1], [2, 0], [3, 0], [-1, 1]]
    assert np.abs(moved - points).sum(axis=1).tolist()[:2] == [1, 1] and space.valid(moved, classes).all()
    assert concept_space(["flip"]).askable(points, classes) is points


@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_laws_of_any_rules(data: st.DataObject) -> None:
    end = st.integers(-4, 4).map(float)
    ends = st.tuples(end, end).map(sorted)
    name = st.sampled_from(["rotation", "hue", "shift_x", "fog"])
    rules = [
        LabelRule(data.draw(name), *data.draw(ends), data.draw(st.integers(-1, 2)), data.draw(st.integers(-2, 3)))
        for _ in range(data.draw(st.integers(1, 6)))
    ]
    plain = concept_space(["rotation=-4,-2,0,1,3", "hue=-.5,0,.5", "darken=0,.5"])
    try:
        space = plain.with_labels(rules, [0, 1, 2])
    except UsageError:
        return
    if space.labels is None:
        assert not {rule.concept for rule in rules} & {"rotation", "hue"}
        return
    again = concept_space(json.loads(json.dumps(space.describe())))
    assert again.describe() == space.describe()
    points, classes = (a.ravel() for a in np.meshgrid(np.arange(space.n_points), [0, 1, 2]))
    grid = space.point(points)
    valid = space.valid(grid, classes)
    assert np.array_equal(again.valid(grid, classes), valid)
    moved = space.askable(grid, classes)
    assert np.array_equal(moved[valid], grid[valid])
    somewhere = space.labels.answerable(classes)
    assert np.array_equal(space.valid(moved, classes), somewhere)
    counts = space.label_counts
    right = space.labels.right_answers(grid, classes)
    assert counts == (len(grid), (~valid).sum(), ((right != classes) & valid).sum())
    assert set(space.missing) == set(range(space.n_points)) - set(points[valid].tolist())
    landed = np.zeros((space.n_points, 3), int)
    np.add.at(landed, (space.index(moved), classes), 1)
    crowding = space.labels.crowding(grid, classes)
    np.testing.assert_allclose((crowding / crowding.max())[valid], (landed[points, classes] / landed.max())[valid])


def test_a_group_axis_chooses_among_its_own_classes() -> None:
    slices = [*concept_space(["rotation=0,30,90,170"]).concepts, GroupAxis({"left": LEFT, "round": ROUND})]
    space = ConceptSpace(slices).with_labels(TURNED, [LEFT, RIGHT, ROUND])
    assert space.valid_share(space.grid()).tolist() == [1, 1, 0, 1, 1, 1, 0, 1]
    assert space.missing == (2, 6) and space.label_counts == (8, 2, 1)


def test_a_group_of_classes_is_asked_where_one_of_them_has_an_answer() -> None:
    slices = [*concept_space(["rotation=0,30,170"]).concepts, GroupAxis({"arrows": 0, "others": 1})]
    space = ConceptSpace(slices).with_labels(TURNED, [LEFT, RIGHT, ROUND], group_of=[0, 0, 1])
    assert space.valid_share(space.grid()).tolist() == [1, 1, 0.5, 1, 0, 1]
    assert space.missing == (4,) and space.label_counts == (9, 3, 0)
    assert concept_space(space.describe()).missing == (4,)


def test_items_are_judged_by_what_the_edit_makes_right() -> None:
    space = concept_space(["rotation=0,30,90"]).with_labels(TURNED, [LEFT, RIGHT])
    batch = Images(noise(4, 8, 8), torch.tensor([LEFT, LEFT, LEFT, RIGHT]))
    edited = space.apply(batch, np.array([[0], [1], [2], [2]]))
    assert edited.label.tolist() == [LEFT, LEFT, RIGHT, RIGHT]  # the old one where none is right
    assert batch.label.tolist() == [LEFT, LEFT, LEFT, RIGHT]


def test_rules_of_other_concepts_change_nothing() -> None:
    space = concept_space(["darken"])
    assert space.with_labels(TURNED, [0, 1]) is space
    assert space.label_counts is None and space.valid(space.grid(), np.zeros(5, int)).all()


def test_a_grid_without_any_right_answer_is_refused() -> None:
    with pytest.raises(UsageError, match="no point of the grid leaves any class a right answer"):
        concept_space(["rotation=160,170"]).with_labels(TURNED, [LEFT, RIGHT])
