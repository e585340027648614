"""Prompts as items."""

from __future__ import annotations

import numpy as np
import pytest

from failscape.data.prompts.items import prompt_items
from failscape.data.prompts.read import read_prompts
from failscape.data.prompts.street import street_prompts
from failscape.errors import UsageError


def test_each_item_is_a_picture_of_a_prompt() -> None:
    items = prompt_items(street_prompts(), 30, held_out_share=0.5)
    assert len(items) == 120 and items.group_names == ("a car", "a van", "a bus", "a truck")
    assert items.batch.texts == [items.group_names[group] for group in items.group]
    np.testing.assert_array_equal(items.batch.inputs[:, 1].astype(int), np.tile(np.arange(30), 4))
    assert len(set(items.names)) == len(set(items.digests)) == 120 and items.names[31] == "a van #1"
    assert 40 < items.held_out.sum() < 80


def test_another_seed_is_other_pictures() -> None:
    one, other = (prompt_items(street_prompts(), 10, seed=seed) for seed in (0, 1))
    assert not {*one.names} & {*other.names} and not {*one.digests} & {*other.digests}


def test_neutral_words_stand_where_nobody_fills_a_slot() -> None:
    items = prompt_items(read_prompts("fsrl"), 1)
    assert items.group_names[0] == "Create an image of a person working on a tour plan in a room."


def test_prompts_that_cannot_be_told_apart_are_refused() -> None:
    with pytest.raises(UsageError, match="0 pictures of each prompt are none"):
        prompt_items(street_prompts(), 0)
    book = read_prompts("a {color} car", {"color": {"red": "red"}})
    with pytest.raises(UsageError, match="are both 'a car' where nobody fills their slots"):
        prompt_items(book._replace(templates=("a {color} car", "a car")), 2)
