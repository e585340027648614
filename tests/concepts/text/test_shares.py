"""Strength is a share of what an edit knows, and more of it is more of the same places."""

from itertools import pairwise

import numpy as np
import pytest

from failscape.concepts.text import TEXT_CONCEPTS, TextConcept
from failscape.concepts.text.base import count
from failscape.concepts.text.characters import NEIGHBOURS
from failscape.concepts.text.distractor import STRANGERS
from failscape.concepts.text.noise_lines import LINES
from failscape.concepts.text.spans import sentences, spliced, without

LETTERS = "abcdefghijklmnopqrst"  # twenty, each once, each on a key
LINE = "Ab cd ef gh ij. Kl mn op qr st. Uv wx yz ab cd. Ef gh ij kl mn."  # four sentences of five words
SHARES = [0.05, 0.25, 0.5, 1.0]


def edit(name: str, text: str, strength: float, seed: int = 3) -> str:
    inputs = np.array([[text, ""]], object)
    return TEXT_CONCEPTS[name]().apply(inputs, np.array([strength]), np.array([seed]))[0, 0]


def test_a_share_is_rounded_and_one_place_at_least() -> None:
    found = [count(n, share) for n, share in [(10, 0.25), (10, 0.24), (10, 0.01), (3, 1.0), (0, 0.5), (7, 0.5)]]
    assert found == [3, 2, 1, 3, 0, 4]


@pytest.mark.parametrize("share", SHARES)
def test_characters_are_edited_by_their_share(share: float) -> None:
    n = round(20 * share)
    assert len(edit("delete-characters", LETTERS, share)) == 20 - n
    assert len(edit("insert-characters", LETTERS, share)) == 20 + n
    doubled = edit("repeat-characters", LETTERS, share)
    assert sorted(doubled) == list(doubled) and sum(doubled.count(c) == 2 for c in LETTERS) == n
    assert sum(c.isupper() for c in edit("flip-case", LETTERS, share)) == n
    replaced = edit("replace-characters", LETTERS, share)
    changed = [(a, b) for a, b in zip(LETTERS, replaced, strict=True) if a != b]
    assert len(changed) == n and all(b in NEIGHBOURS[a] for a, b in changed)
    assert sum(not c.isascii() for c in edit("look-alikes", "a" * 20, share)) == n


def test_keys_that_touch() -> None:
    assert {key: "".join(sorted(NEIGHBOURS[key])) for key in "qghm"} == {
        "q": "aw",
        "g": "bfhtvy",
        "h": "bgjnuy",
        "m": "jkn",
    }
    assert edit("replace-characters", "Q", 1.0) in {"A", "W"}


@pytest.mark.parametrize("share", SHARES)
def test_pairs_of_letters_are_swapped_by_their_share(share: float) -> None:
    swapped = edit("swap-characters", "ab " * 20, share)
    assert swapped.split().count("ba") == round(20 * share) and swapped.split().count("ab") == 20 - round(20 * share)
    assert edit("swap-characters", "oo aa I", 1.0) == "oo aa I"
    assert {edit("swap-characters", "abcd", 1.0, seed) for seed in range(9)} == {"badc", "acbd"}


def test_words_lose_capitals_and_marks() -> None:
    text = 'Anna, BBC and the U.S. saw (it) -- all 3.5 of it, isn\'t it? "Yes!"'
    assert edit("lower-case", text, 1.0) == text.lower()
    assert sum(w[0].islower() for w in edit("lower-case", "Aa Bb Cc Dd", 0.5).split()) == 2
    assert edit("remove-punctuation", text, 1.0) == "Anna BBC and the U.S saw it all 3.5 of it isn't it Yes"
    assert edit("remove-punctuation", "a, b, c, d,", 0.5).count(",") == 2


@pytest.mark.parametrize("share", SHARES)
def test_words_are_edited_by_their_share(share: float) -> None:
    words = [f"w{i}" for i in range(20)]
    left = edit("delete-words", " ".join(words), share).split()
    assert len(left) == 20 - round(20 * share) and left == [word for word in words if word in left]
    said = edit("repeat-words", " ".join(words), share).split()
    assert sum(said.count(word) == 2 for word in words) == round(20 * share)
    assert list(dict.fromkeys(said)) == words
    cut = edit("truncation", " ".join(words), share).split()
    assert cut == words[: 20 - round(20 * share)]


@pytest.mark.parametrize(("share", "moved"), [(0.05, 2), (0.25, 2), (0.5, 4), (0.75, 6), (1.0, 8)])
def test_words_move_within_eight(share: float, moved: int) -> None:
    words = [f"w{i}" for i in range(24)]
    placed = edit("word-order", "  ".join(words), share).split("  ")
    for first in (0, 8, 16):
        here, there = words[first : first + 8], placed[first : first + 8]
        assert sorted(here) == sorted(there) and sum(a != b for a, b in zip(here, there, strict=True)) == moved
    assert edit("word-order", "alone", 1.0) == "alone"


def test_sentences_move_in_a_circle() -> None:
    spans = [LINE[a:b] for a, b in sentences(LINE)]
    assert len(spans) == 4
    for share, moved in [(0.25, 2), (0.5, 2), (0.75, 3), (1.0, 4)]:
        shuffled = edit("shuffle-sentences", LINE, share)
        places = [shuffled[a:b] for a, b in sentences(shuffled)]
        assert sorted(places) == sorted(spans) and sum(a != b for a, b in zip(spans, places, strict=True)) == moved
    assert edit("shuffle-sentences", "One only.", 1.0) == "One only."


@pytest.mark.parametrize(("name", "pool"), [("noise-lines", LINES), ("distractor", STRANGERS)])
def test_something_follows_sentences(name: str, pool: tuple[str, ...]) -> None:
    for share, n in [(0.25, 1), (0.5, 2), (1.0, 4)]:
        edited = edit(name, LINE, share)
        put_in = [line for line in pool if line in edited]
        assert sum(edited.count(line) for line in put_in) == n
        for line in put_in:
            edited = edited.replace(line, "")
        assert edited.split() == LINE.split()


def test_stop_words_go_but_no_negation() -> None:
    assert edit("drop-stop-words", "The man is not in the house.", 1.0) == "man not house."
    assert edit("drop-stop-words", "a b the c of d and e", 0.5).split() != ["a", "b", "the", "c", "of", "d", "and", "e"]
    assert len(edit("drop-stop-words", "a cat the dog of men and mice", 0.5).split()) == 6


NESTED = [name for name, c in TEXT_CONCEPTS.items() if c.random and name not in {"word-order", "shuffle-sentences"}]
PLAIN = (
    "The big company bought a house in Paris on Monday. Anna Smith said that the government paid 300 men. He lives in "
    "London and always believes his friends. Children found the old car near the beautiful river before 1984."
)


@pytest.mark.parametrize("name", TEXT_CONCEPTS)
def test_items_differ_and_are_edited_alike_again(name: str) -> None:
    concept: TextConcept = TEXT_CONCEPTS[name]()
    inputs = np.array([[PLAIN, PLAIN]] * 40, object)
    edited = concept.apply(inputs, np.full(40, concept.levels[0]), np.arange(40))
    assert (len(set(edited[:, 0])) > 1) == concept.random
    again = concept.apply(inputs[::-1], np.full(40, concept.levels[0]), np.arange(40)[::-1])
    assert (again[::-1] == edited).all() and (edited[:, 0] != PLAIN).all()


@pytest.mark.parametrize("name", NESTED)
def test_a_stronger_edit_has_the_places_of_a_weaker_one(name: str) -> None:
    concept = TEXT_CONCEPTS[name]()
    n = 100
    drawn = [concept.places(n, share, 5) for share in (0.02, 0.3, 0.31, 0.9, 1.0)]
    assert [len(places) for places in drawn] == [2, 30, 31, 90, 100]
    assert all(more[: len(less)] == less for less, more in pairwise(drawn))
    weak, strong = (edit(name, PLAIN, float(level)).split() for level in concept.levels[[0, 3]])
    assert weak != strong


def test_a_weaker_deletion_keeps_all_that_a_stronger_one_keeps() -> None:
    for name in ("delete-words", "drop-noun", "drop-verb", "drop-adjective", "drop-stop-words"):
        lengths = []
        for level in TEXT_CONCEPTS[name]().levels.tolist():
            left = edit(name, PLAIN, level).split()
            lengths.append(len(left))
            stronger = iter(edit(name, PLAIN, level).split())
            assert all(word in left for word in stronger)
        assert lengths == sorted(lengths, reverse=True)


def test_labels_say_the_share_or_the_words() -> None:
    assert TEXT_CONCEPTS["lower-case"]().label(1) == "lower-case 50 %"
    assert TEXT_CONCEPTS["delete-characters"]([0.125]).label(0) == "delete-characters 12.5 %"
    assert TEXT_CONCEPTS["lower-case"](edges=[0.1, 0.4]).label(0) == "lower-case 10 to 40 %"
    assert [TEXT_CONCEPTS["drop-noun"]().label(level) for level in (0, 1)] == ["drop-noun 1 word", "drop-noun 2 words"]


SPLIT = [
    ("He met Dr. Smith in the U.S. on Jan. 5 with J. K. Rowling. Then he left.", 2),
    ('"Go!" he said. "Why?" Because... it was late', 3),
    ("Headline without a stop\n\nIt cost 3.5 million. 20 men paid.", 3),
    ("", 0),
    (" \n\t ", 0),
    ("one", 1),
]


@pytest.mark.parametrize(("text", "n"), SPLIT)
def test_sentences_end_where_they_end(text: str, n: int) -> None:
    spans = sentences(text)
    assert len(spans) == n
    parts = [text[a:b] for a, b in spans]
    assert "".join("".join(parts).split()) == "".join(text.split()) and all(part == part.strip() for part in parts)


def test_texts_are_written_anew() -> None:
    assert spliced("abcdef", [(4, 5, ""), (0, 1, "X"), (2, 2, "--")]) == "Xb--cdf"
    assert without("one two  three", [(0, 3), (9, 14)]) == "two"
