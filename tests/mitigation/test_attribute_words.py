"""Words for an attribute, one per picture, by the wanted distribution."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from failscape.errors import UsageError
from failscape.mitigation.attribute_words import with_attributes

WORDS = {"red": "with red hair", "black": "with black hair", "unsaid": ""}


def test_words_come_at_the_end_or_where_the_prompt_says() -> None:
    assert with_attributes(["a doctor"], [3], WORDS, {"red": 1}) == ["a doctor with red hair"]
    assert with_attributes(["a doctor"], [3], WORDS, {"unsaid": 1}) == ["a doctor"]
    said = with_attributes(["a {attribute} doctor, by day"], [0], {"old": "old"}, {"old": 2})
    assert said == ["an old doctor, by day"]


@given(st.lists(st.integers(0, 2**40), max_size=30), st.integers(0, 3))
def test_a_picture_has_the_same_words_in_any_company(numbers: list[int], seed: int) -> None:
    wanted = {"red": 0.5, "black": 0.5}
    together = with_attributes(["a doctor"] * len(numbers), numbers, WORDS, wanted, seed)
    assert together == [with_attributes(["a doctor"], [number], WORDS, wanted, seed)[0] for number in numbers]


def test_values_follow_the_wanted_distribution() -> None:
    said = with_attributes(["a doctor"] * 2000, range(2000), WORDS, {"red": 3, "black": 1})
    assert abs(sum("red" in text for text in said) / 2000 - 0.75) < 0.03
    assert said != with_attributes(["a doctor"] * 2000, range(2000), WORDS, {"red": 3, "black": 1}, seed=1)


def test_mistakes() -> None:
    with pytest.raises(UsageError, match=r"no words say 'rad'; did you mean red\?"):
        with_attributes(["a doctor"], [0], WORDS, {"rad": 1})
    with pytest.raises(UsageError, match="is no distribution"):
        with_attributes(["a doctor"], [0], WORDS, {"red": 0})
    with pytest.raises(UsageError, match="brace that belongs to no slot"):
        with_attributes(["a {Doctor}"], [0], WORDS, {"red": 1})
