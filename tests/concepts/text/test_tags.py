"""Which words the tagger is asked about: it takes a millisecond for each that it does not know."""

import base64
import random

import pytest

from failscape.concepts.text import tags
from failscape.concepts.text.tags import tagged, tokens

RANDOM = random.Random(0).randbytes(75_000)


def asked() -> int:
    return tags._tagger().analyze_forward.cache_info().misses


@pytest.mark.parametrize(
    "text",
    [
        base64.b64encode(RANDOM).decode(),
        base64.encodebytes(RANDOM).decode(),
        base64.urlsafe_b64encode(RANDOM).decode(),
        RANDOM.hex(),
        "a" * 100_000,
        "a-" * 50_000,
    ],
    ids=["base64", "base64 in lines", "base64 of addresses", "hex", "one letter", "hyphens"],
)
def test_a_long_text_of_no_words_is_hardly_asked_about(text: str) -> None:
    before = asked()
    tagged(text)
    assert asked() - before < 2_000  # of them many short ones, such as q7 or Xk


def test_a_page_of_exclamation_marks_is_one_token() -> None:
    assert [token.word for token in tokens("!" * 100_000)] == ["!" * 100_000]
    assert [token.word for token in tokens("Stop!!! Now... --")][1:4] == ["!", "!", "!"]


@pytest.mark.parametrize("word", ["aGVsbG8gd29ybGQ", "x12y34z", "5f4dcc3b5aa765d61d8327deb882cf99", "z" * 25])
def test_what_is_no_word_is_unclassified_and_stands_as_a_noun_does(word: str) -> None:
    found = {token.word: token.tag for token in tokens(f"The man sent {word} to the old house.")}
    assert found[word] == "UNC"
    assert found["sent"] == "VVD" and found["old"] == "AJ0" and found["house"] == "NN1"


@pytest.mark.parametrize(
    ("word", "tag"),
    [("McDonald", "NP0"), ("YouTube", "NP0"), ("COVID-19-related", "AJ0"), ("internationalization", "NN1")],
)
def test_unusual_words_are_words(word: str, tag: str) -> None:
    assert [token.tag for token in tokens(f"We saw {word} there.") if token.word == word] == [tag]
