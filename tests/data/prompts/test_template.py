"""Prompts with slots."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failscape.data.prompts.template import filled, slots_of
from failscape.errors import UsageError

WORDS = st.dictionaries(st.sampled_from(["color", "job", "place"]), st.sampled_from(["red", "officer", "", "old town"]))


def test_slots_are_named_once_in_their_order() -> None:
    assert slots_of("a {color} car beside a {job} and a {color} van") == ("color", "job")
    assert slots_of("a car") == ()


@pytest.mark.parametrize("template", ["a {Color} car", "a { color } car", "a {color car", "a }", "{}", "{1st}"])
def test_braces_that_are_no_slot_are_refused(template: str) -> None:
    with pytest.raises(UsageError, match="brace that belongs to no slot"):
        slots_of(template)


@pytest.mark.parametrize(
    ("template", "words", "prompt"),
    [
        ("a {color} car", {"color": "red"}, "a red car"),
        ("a {color} car", {}, "a car"),
        ("A {color} car", {"color": "orange"}, "An orange car"),
        ("a {adjective} {job} in a {place}", {"job": "artist", "place": "office"}, "an artist in an office"),
        ("a {adjective} {job}", {"adjective": "unique", "job": "artist"}, "a unique artist"),
        ("a car, {people}, {weather}, by day", {}, "a car, by day"),
        ("a car, {people}, {weather}", {"people": "two doctors"}, "a car, two doctors"),
        ("{people}, a car", {}, "a car"),
        ("a photo of a {job} .", {"job": "nurse"}, "a photo of a nurse."),
        ("a car a day", {}, "a car a day"),  # no slot behind the article
        ("a {color} and a {color} car", {"color": "amber"}, "an amber and an amber car"),
        ("in a {place}", {}, "in a"),
    ],
)
def test_filled(template: str, words: dict[str, str], prompt: str) -> None:
    assert filled(template, words) == prompt


@given(WORDS)
def test_what_is_filled_stands_in_the_prompt_and_nothing_is_left_over(words: dict[str, str]) -> None:
    prompt = filled("a {color} car, a {job} in a {place}, by day", words)
    assert all(said in prompt for said in words.values())
    assert "{" not in prompt and "\0" not in prompt and "  " not in prompt and not re.search(r",\s*,|\s,", prompt)
    assert filled(prompt, {}) == prompt
