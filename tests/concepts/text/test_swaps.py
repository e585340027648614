"""Numbers and names: the same other ones in the article and its reference."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failscape.concepts.text import TEXT_CONCEPTS
from failscape.concepts.text.entities import EntitySwap
from failscape.concepts.text.names import POOLS, kind_of, other_name
from failscape.concepts.text.numbers import NUMBER, NumberSwap


def edit(name: str, article: str, reference: str = "", strength: float = 1.0, seed: int = 0) -> tuple[str, str]:
    inputs = np.array([[article, reference]], object)
    edited = TEXT_CONCEPTS[name]().apply(inputs, np.array([strength]), np.array([seed]))
    return edited[0, 0], edited[0, 1]


AMOUNTS = st.one_of(st.integers(1, 99_999).map(str), st.sampled_from(["1,200", "3.5", "0.25", "1984", "2009"]))


@given(amounts=st.lists(AMOUNTS, min_size=1, max_size=6, unique=True), seed=st.integers(0, 99), share=st.floats(0.1, 1))
@settings(max_examples=60, deadline=None)
def test_numbers_keep_their_shape_and_are_new(amounts: list[str], seed: int, share: float) -> None:
    article = " and ".join(f"{amount} men" for amount in amounts)
    edited, retold = edit("number-swap", article, f"{article}, or 7", share, seed)
    found = NUMBER.findall(edited)
    changed = [(a, b) for a, b in zip(amounts, found, strict=True) if a != b]
    assert re.sub(r"\d", "0", edited) == re.sub(r"\d", "0", article)
    assert retold == f"{edited}, or {dict(changed).get('7', '7')}"
    assert len({b for _, b in changed} | {*amounts, "7"}) == len(changed) + len({*amounts, "7"})
    assert len(changed) <= max(1, np.floor(len(amounts) * share + 0.5))


def test_every_drawn_number_changes_everywhere() -> None:
    for share, n in [(0.25, 1), (0.5, 2), (1.0, 4)]:
        edited, retold = edit("number-swap", "41 or 300, 41 or 1,000 (77%)", "41 of 300; 411 stay", share)
        first, second, again, third, fourth = NUMBER.findall(edited)
        assert first == again and retold == f"{first} of {second}; 411 stay"
        assert sum([first != "41", second != "300", third != "1,000", fourth != "77"]) == n


def test_times_scores_and_parts_of_words_are_no_numbers() -> None:
    assert NumberSwap().things("At 10:42 they won 3-1, covid-19 in B12, 5th; 20-year-old paid $3.5, 8.") == [
        *("20", "3.5", "8"),
    ]
    years = [NumberSwap().other("2009", draw) for draw in range(60)]
    assert all("2000" <= year <= "2029" for year in years) and NumberSwap().other("1984", 7) == "1907"


STORY = "Police in Manchester said that Theresa May met Dr. Barack Obama on Tuesday. May said Obama, of NASA, was late."


def test_names_are_found() -> None:
    assert EntitySwap().things(STORY) == ["Manchester", "Theresa May", "Barack Obama", "Tuesday", "NASA"]
    assert EntitySwap().things("The house was big. He left New York and the Bank.") == ["New York"]


@pytest.mark.parametrize("seed", range(5))
def test_names_change_in_both_texts(seed: int) -> None:
    edited, retold = edit("entity-swap", STORY, "May met Obama in Manchester, not Theresa May Smith.", seed=seed)
    pattern = r"Police in (.*) said that (\w+) (\w+) met Dr\. (\w+) (\w+) on (.*)\. (\w+) said (\w+), of (\w+), was.*"
    found = re.fullmatch(pattern, edited)
    assert found is not None
    place, first, last, first2, last2, day, may, obama, letters = found.groups()
    assert may == last and obama == last2 and last != last2
    assert retold == f"{last} met {last2} in {place}, not {first} {last} Smith."
    assert place in POOLS["place"] and day in POOLS["day"] and first in POOLS["woman"] and last in POOLS["last"]
    assert first2 in {*POOLS["man"], *POOLS["woman"]} and len(letters) == 4 and letters.isupper()
    assert not {place, first, last, first2, last2, day, letters} & set(re.findall(r"\w+", STORY))


def test_some_names_change_by_the_share() -> None:
    for share, n in [(0.2, 1), (0.4, 2), (0.6, 3)]:
        edited = edit("entity-swap", STORY, strength=share)[0]
        kept = [name in edited for name in EntitySwap().things(STORY)]
        assert kept.count(False) == n


def test_names_are_of_kinds() -> None:
    kinds = {"Paris": "place", "PARIS": "place", "Anna": "woman", "Anna Weiss": "person", "Zorg": "last"}
    kinds |= {"Bank of Ruritania": "group", "NATO": "group", "Friday": "day", "June": "month", "New York": "place"}
    assert {name: kind_of(name) for name in kinds} == kinds
    assert other_name("PARIS", 3).isupper() and other_name("DNNs", 0) == "BBBs"
