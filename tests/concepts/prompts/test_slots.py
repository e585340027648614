"""Slots of prompts as axes of a grid."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from failscape.common.filling import Filling
from failscape.concepts import ConceptSpace, concept_space
from failscape.concepts.prompts.slots import Slot
from failscape.data.prompts.batch import Prompts
from failscape.errors import UsageError

COLORS = {"red": "red", "none": "", "amber": "amber"}
PEOPLE = {"nobody": "", "one": "a doctor"}


def space() -> ConceptSpace:
    return ConceptSpace([Slot("color", COLORS), Slot("people", PEOPLE)])


def test_each_point_is_a_prompt() -> None:
    grid = space().grid()
    prompts = Prompts.of(["a {color} car, {people}"] * len(grid), range(len(grid)))
    edited = space().apply(prompts, grid)
    wanted = [
        f"{'an amber' if color == 'amber' else f'a {color}'.strip()} car{', ' if people else ''}{people}"
        for color, people in itertools.product(COLORS.values(), PEOPLE.values())
    ]
    assert edited.texts == wanted
    np.testing.assert_array_equal(edited.inputs[:, 1], range(len(grid)))
    assert prompts.texts == ["a car"] * len(grid)  # as they were


def test_a_slot_that_is_not_chosen_keeps_its_words() -> None:
    prompts = Prompts.of(["a {color} car, {people}"], [0], [Filling("people", "two", "two doctors")])
    edited = space().apply(prompts, np.array([[2, -1]]))
    assert edited.texts == ["an amber car, two doctors"]


def test_points_are_named_and_remembered() -> None:
    made = space()
    assert made.label(np.array([0, 1])) == "color red, people one"
    again = concept_space(made.describe())
    assert again.describe() == made.describe()
    assert [c.level_name(1) for c in again.concepts] == ["none", "one"]
    assert made.n_coordinates == 5


def test_a_slot_without_values_is_refused() -> None:
    with pytest.raises(UsageError, match=r"the slot \{color\} has no values"):
        Slot("color", {})


def test_digests_change_with_words_and_numbers() -> None:
    one = Prompts.of(["a {color} car"] * 2, [0, 1])
    other = space().apply(one, np.array([[0, -1], [0, -1]]))
    assert len({*one.digests, *other.digests}) == 4
