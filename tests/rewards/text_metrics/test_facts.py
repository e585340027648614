"""Numbers and names of a text, and what a summary leaves out or makes up."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failscape.rewards.text_metrics.facts import facts, missing_and_wrong


def found(text: str, beside: str = "") -> list[str]:
    """The facts of a text as written, told by another which words are names."""
    return missing_and_wrong(text, beside)[1]


def score(candidate: str, reference: str) -> float:
    return float(facts(np.array([candidate], object), np.array([reference], object))[0])


def same(text: str, other: str) -> bool:
    return missing_and_wrong(text, other) == ([], [])


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("about 1,000 people", "about 1000 people"),
        ("1,234,567.50 euros", "1234567.5 euros"),
        ("three cars", "3 cars"),
        ("Nineteen cars", "19 cars"),
        ("forty miles", "40 miles"),
        ("twenty-three cars", "23 cars"),
        ("Ninety nine cars", "99 cars"),
        ("two hundred thousand pounds", "£200,000"),
        ("1.5 million", "1,500,000"),
        ("5 % of them", "5% of them"),
        ("five per cent", "5 percent"),
        ("at 7:40", "at 07:40"),
        ("the 3rd of June", "June 3"),
        ("on tuesday", "on Tuesday"),
        ("a limit of 50km/h", "a limit of 50 km/h"),
        ("at \N{MINUS SIGN}5 degrees", "at -5 degrees"),
        ("in Harwick\u2019s streets", "in the streets of Harwick"),
        ("said HARWICK", "said Harwick"),
        ("said Mr. Smith", "said Mr Smith"),
        ("in the U.S. today", "in the US today"),
    ],
)
def test_written_in_two_ways(text: str, other: str) -> None:
    assert same(text, other)
    assert score(text, other) == 1
    assert found(text), "there is a fact in it"


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("1,000 people", "10,000 people"),
        ("5 people", "5% of people"),
        ("at 07:40", "at 07:41"),
        ("at 07:40", "07 and 40"),
        ("seven", "seventeen"),
        ("5 degrees", "-5 degrees"),
        ("on Monday", "on Tuesday"),
        ("near Harwick", "near Dunmore"),
        ("in June", "in July"),
    ],
)
def test_different_facts(text: str, other: str) -> None:
    assert score(text, other) == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Police said it was a bus. Drivers were told to wait.", []),
        ("Smith drove. The police stopped Smith.", ["Smith", "Smith"]),
        ("Yesterday I said that I'm here, and The end came", []),
        ("She met Dr. Jane O'Brien of St. Ives. Police came.", ["Jane", "O'Brien", "St", "Ives"]),
        ("The U.S. Army left. J. Smith came back at 7 p.m. Police did not.", ["U.S.", "Army", "Smith", "7"]),
        ('He said: "Buses are late." Trains are not.', []),
        ("First line\nSecond line of the A40", ["A40"]),
        ("Tuesday was cold. April too.", ["Tuesday", "April"]),
        ("It may march in May and March. May it?", ["May", "March", "May"]),
        ("No one of two was hurt, no-one at all", ["two"]),
        ("from 10-15 of the 5-10, and 2024-03-12", ["10", "15", "5", "10", "2024", "03", "12"]),
        ("Someone weighs a ton; often tenants", []),
        ("A40 x4 covid19", []),
        ("", []),
        ("\u017fix, f\u0131ve and s\u0130x; two m\u0131llion, on\u00e9 \u00e9one", ["two"]),
        ("..., 1,2 \u0663", ["1", "2", "\u0663"]),
    ],
)
def test_what_is_a_fact(text: str, expected: list[str]) -> None:
    assert found(text) == expected


def test_a_sentences_first_word_is_a_name_where_the_other_text_shows_it() -> None:
    assert found("Harwick was closed.") == []
    assert found("Harwick was closed.", "They closed the road to harwick") == []
    assert score("Harwick was closed.", "They closed Harwick.") == 1
    assert score("Dunmore was closed.", "They closed Harwick.") == 0


def test_f1_by_hand() -> None:
    candidate = "On Monday 3 cars hit a bus near Harwick and 3 fled"
    reference = "Three cars hit a bus near Harwick on Tuesday at 07:40"
    # monday, 3, harwick, 3 beside 3, harwick, tuesday, 07:40: two in common
    assert score(candidate, reference) == pytest.approx(2 * 2 / 8)
    assert missing_and_wrong(candidate, reference) == (["Tuesday", "07:40"], ["Monday", "3"])


def test_none_and_empty() -> None:
    assert score("nothing to see", "a road was closed") == 1
    assert score("nothing to see", "3 roads") == 0
    assert score("", "a road was closed") == 0
    assert score("", "") == 1


TOKENS = "3 three 1,000 1000 07:40 Harwick Smith tuesday Tuesday 5% a bus Police no one-third"
texts = st.lists(st.sampled_from(TOKENS.split()), max_size=10).map(lambda words: " ".join(["so", *words]))


@given(texts, texts)
@settings(max_examples=100, deadline=None)
def test_f1_is_that_of_what_is_missing_and_wrong(candidate: str, reference: str) -> None:
    missing, wrong = missing_and_wrong(candidate, reference)
    assert (wrong, missing) == missing_and_wrong(reference, candidate)
    total, common = len(found(candidate)) + len(found(reference)), len(found(candidate)) - len(wrong)
    assert common == len(found(reference)) - len(missing)
    assert score(candidate, reference) == pytest.approx(2 * common / total if total else 1.0)


@given(st.text(), st.text())
@settings(max_examples=150, deadline=None)
def test_any_text(candidate: str, reference: str) -> None:
    assert 0 <= score(candidate, reference) <= 1
    assert same(candidate, candidate)
    missing, wrong = missing_and_wrong(candidate, reference)
    assert all(fact in reference for fact in missing)
    assert all(fact in candidate for fact in wrong)
