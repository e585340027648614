"""Numbers and names: the same other ones in the article and its reference."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failscape.concepts.text import TEXT_CONCEPTS
from failscape.concepts.text.names import POOLS, kind_of, other_name
from failscape.concepts.text.quantities import other_value, quantities
from failscape.concepts.text.swaps import Swap


def edit(name: str, article: str, reference: str = "", strength: float = 1.0, seed: int = 0) -> tuple[str, str]:
    inputs = np.array([[article, reference]], object)
    edited = TEXT_CONCEPTS[name]().apply(inputs, np.array([strength]), np.array([seed]))
    return edited[0, 0], edited[0, 1]


NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
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


def things(name: str, article: str, reference: str = "") -> list[str]:
    concept = TEXT_CONCEPTS[name]()
    assert isinstance(concept, Swap)
    return concept.things(article, reference)


ALIKE = [
    ("5 people were hurt. Five men said so.", "Five people hurt, 5 men"),
    ("It cost 1,000.50 pounds, or 1000.5 of them.", "1000.50 pounds"),
    ("Twenty-five men met 25 women.", "twenty-five men"),
]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("article", "reference"), ALIKE)
def test_figures_and_words_move_together(article: str, reference: str, seed: int) -> None:
    edited, retold = edit("number-swap", article, reference, seed=seed)
    values = [{number.value for number in quantities(text)} for text in (article, edited, reference, retold)]
    assert [len(found) for found in values] == [1, 1, 1, 1]
    assert values[0] == values[2] != values[1] == values[3]
    written = [[number.written[0].isalpha() for number in quantities(text)] for text in (article, edited)]
    assert written[0] == written[1]


STAY = [
    *("It was on 9/11 and at 10:42.", "They won 3-1, in 5-10 tries.", "covid-19 in B12, the 5th.", "on 5 May 2009"),
    *("May 5, 2009", "two-thirds of it, one in all", "a half of 3/4", "2 million, five thousand, a hundred and two"),
    *("see www.a5.com/7 or x9@b8.org", "version 3.11.2, code 007", "0 of 1 person", "100 % or 100 per cent"),
    *("the Big Four met at Nine Elms", "3-1 and 3 goals", "5 people on 5 May"),
]


@pytest.mark.parametrize("text", STAY)
def test_what_is_no_amount_stays(text: str) -> None:
    assert [edit("number-swap", text, text, seed=seed)[0] for seed in range(3)] == [text] * 3


def test_amounts_are_found() -> None:
    text = "At 10:42 they won 3-1, covid-19 in B12, 5th; 20-year-old paid $4.5, 8."
    assert things("number-swap", text) == ["20", "4.5", "8"]
    assert things("number-swap", "8 men", "the number 8/9") == []
    years = [other_value("2009", draw) for draw in range(60)]
    assert all("2000" <= year <= "2029" for year in years) and other_value("1984", 7) == "1907"
    assert "1" not in {other_value("5", draw) for draw in range(30)}


STORY = "Police in Manchester said that Theresa May met Dr. Barack Obama on Tuesday. May said Obama, of NASA, was late."


def test_names_are_found() -> None:
    assert things("entity-swap", STORY) == ["Manchester", "Theresa May", "Barack Obama", "Tuesday"]
    assert things("entity-swap", "The house was big. He left New York and the Bank.") == ["New York"]


@pytest.mark.parametrize("seed", range(5))
def test_names_change_in_both_texts(seed: int) -> None:
    edited, retold = edit("entity-swap", STORY, "May met Obama in Manchester.", seed=seed)
    pattern = r"Police in (.*) said that (\w+) (\w+) met Dr\. (\w+) (\w+) on (.*)\. (\w+) said (\w+), of NASA, was.*"
    found = re.fullmatch(pattern, edited)
    assert found is not None
    place, first, last, first2, last2, day, may, obama = found.groups()
    assert may == last and obama == last2 and last != last2
    assert retold == f"{last} met {last2} in {place}."
    assert place in POOLS["city"] and day in POOLS["day"] and first in POOLS["woman"] and last in POOLS["last"]
    assert first2 in POOLS["man"]
    assert not {place, first, last, first2, last2, day} & set(re.findall(r"\w+", STORY))


WHOLE = {
    "Real Newcastle won. He likes Newcastle.": [],
    "Mr. Carver met O'Carver.": ["Carver"],
    "Mr. Carver met Anna Carver-Jones.": [],
    "Anna Weiss met Tom Weiss in Leeds.": ["Leeds"],
    "The Bank of England and the University of Oxford": [],
    "Theresa May resigned in May. Then May left.": [],
    "Manchester is big. Manchester United won.": [],
    "Manchester United won in MANCHESTER. It rained in Manchester.": [],
    "It rained in MANCHESTER. Manchester is wet.": ["Manchester"],
    "He met Zorg of Ruritania at NASA on the Ides.": [],
    "She lives in Mill Road. The Mill Lane Road is far.": [],
    "A man from France was in Paris with Ruritania Bank.": ["France", "Paris", "Ruritania Bank"],
}


@pytest.mark.parametrize("text", WHOLE)
def test_names_are_replaced_whole_or_stay(text: str) -> None:
    assert things("entity-swap", text) == WHOLE[text]


def test_a_name_that_the_reference_has_in_a_longer_one_stays() -> None:
    assert things("entity-swap", "She went to Leeds.", "Leeds United won.") == []
    assert edit("entity-swap", "Anna met Tom.", "Anna Smith met Tom.")[1].startswith("Anna Smith met ")


def test_some_names_change_by_the_share() -> None:
    for share, n in [(0.2, 1), (0.5, 2), (0.75, 3)]:
        edited = edit("entity-swap", STORY, strength=share)[0]
        kept = [name in edited for name in things("entity-swap", STORY)]
        assert kept.count(False) == n


def test_names_are_of_kinds() -> None:
    kinds = {
        "Paris": "city",
        "PARIS": "city",
        "Anna": "woman",
        "Anna Weiss": "person",
        "Zorg": "",
        "Mill Lane": "street",
    }
    kinds |= {"Bank of Ruritania": "", "NATO": "", "Friday": "day", "June": "month", "New York": "city"}
    kinds |= {"Zorg Bank": "group", "France": "country", "Ohio": "state", "Zorg Blatt": ""}
    assert {name: kind_of(name) for name in kinds} == kinds
    assert other_name("PARIS", 3).isupper() and other_name("Mill Lane", 0).endswith(" Lane")
    for name, pool in (("France", "country"), ("Ohio", "state"), ("Paris", "city"), ("Anna", "woman"), ("Tom", "man")):
        assert {other_name(name, draw) for draw in range(500)} == set(POOLS[pool])
