"""Differences of texts: what they say is so, and reads well."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failscape.analysis.examples.text_diff import (
    ADDED,
    GAP,
    MISSING,
    REMOVED,
    SAME,
    Piece,
    marked,
    n_changes,
    plain_marks,
    shortened,
    uncrowded,
    word_diff,
)

WORDS = st.lists(st.sampled_from(["a", "b", "The", "the", "cat", "fire.", "(4)", "“x”", "9:15,", "is"]), max_size=14)
TEXTS = WORDS.map(" ".join)


def without(pieces: list[Piece], kind: str) -> str:
    return "".join("".join(piece.text for piece in pieces if piece.kind != kind).split())


@given(TEXTS, TEXTS)
def test_a_diff_holds_both_texts(before: str, after: str) -> None:
    pieces = word_diff(before, after)
    assert without(pieces, ADDED) == "".join(before.split()) and without(pieces, REMOVED) == "".join(after.split())
    assert {piece.kind for piece in pieces} <= {SAME, REMOVED, ADDED}
    if before.split() == after.split():
        assert not n_changes(pieces)


@given(TEXTS, TEXTS)
def test_a_marked_text_is_itself(text: str, other: str) -> None:
    pieces = marked(text, other, MISSING)
    assert "".join(piece.text for piece in pieces).split() == text.split()
    assert not n_changes(marked(text, text.upper(), ADDED))


@settings(max_examples=50)
@given(st.lists(st.tuples(st.sampled_from([SAME, REMOVED, ADDED]), WORDS.filter(bool)), max_size=8))
def test_what_is_left_out_is_counted(parts: list[tuple[str, list[str]]]) -> None:
    pieces = [Piece(kind, " ".join(words) + " ") for kind, words in parts]
    short = shortened(pieces, context=2, longest=5, most=15)
    gaps = sum(int(piece.text.split()[1]) for piece in short if piece.kind == GAP)
    kept = sum(len(piece.text.split()) for piece in short if piece.kind != GAP)
    assert kept + gaps == sum(len(words) for _, words in parts)
    assert kept <= 15
    every_kind = {piece.kind for piece in pieces} - {SAME}
    assert every_kind <= {piece.kind for piece in short} or any("changed" in piece.text for piece in short)


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("The cat sat (down) here.", "The dog sat (up) here.", "The [-cat-] {+dog+} sat ([-down-] {+up+}) here."),
        ("at 01:35 on Tuesday.", "at 01:35", "at 01:35 [-on Tuesday.-]"),
        ("It was “Bob”.", "It was “Rob”.", "It was “[-Bob-] {+Rob+}”."),
        ("a  b\n\nc", "a b c", "a b c"),
        ("", "new", "{+new+}"),
        ("old", "", "[-old-]"),
        ("One. Two.", "One. New. Two.", "One. {+New.+} Two."),
        ("One. Old. Two.", "One. Two.", "One. [-Old.-] Two."),
        ("", "", ""),
    ],
)  # fmt: skip
def test_marks(before: str, after: str, shown: str) -> None:
    assert plain_marks(word_diff(before, after)) == shown


def test_words_respelt_stand_beside_what_they_were_and_alone_where_they_are_many() -> None:
    few = word_diff("one two three four five six", "one two there four five six")
    assert plain_marks(uncrowded(few)) == "one two [-three-] {+there+} four five six"
    many = word_diff("Police were called to the fire.", "POLICE wеrе CALLED TO тhе FIRE.")  # some letters are Cyrillic
    assert plain_marks(many).count("[-") == 6
    assert plain_marks(uncrowded(many)) == "{+POLICE+} {+wеrе+} {+CALLED+} {+TO+} {+тhе+} {+FIRE+}."
    moved = word_diff("one two three four", "four one two three")
    assert uncrowded(moved) == moved


def test_long_articles_are_shortened_around_their_changes() -> None:
    words = [f"w{i}" for i in range(300)]
    after = [*words[:100], "new", *words[101:]]
    shown = plain_marks(shortened(word_diff(" ".join(words), " ".join(after))))
    assert shown.startswith("… 92 words … w92 ") and "[-w100-] {+new+} w101" in shown
    assert shown.endswith("w108 … 191 words …")
    assert plain_marks(shortened(word_diff("a b c", "a b c"))) == "a b c"
