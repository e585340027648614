"""Edits in words that need no engineer: every built-in edit has them, and they name the right direction and amount."""

import re

import pytest

from failscape.analysis.grids.plain_words import edit_in_words, edit_tested
from failscape.concepts.images.registry import IMAGE_CONCEPTS
from failscape.concepts.parsing import concept_space
from failscape.concepts.text.registry import TEXT_CONCEPTS

# What only engineers read: symbols, formulae, names with underscores, and terms of the trade.
TECHNICAL = re.compile(
    r"[≤≥×−→α-ω\[\]_]|BT\.601|luma|multiplied|untouched|standard deviation|-value|McNemar|cluster|changes nothing"
)


@pytest.mark.parametrize(
    ("asked", "levels", "words"),
    [
        ("rotation=-20,-10,0,10", (0, 1), "turned clockwise by 10 to 20 degrees (nothing beyond that was tested)"),
        ("rotation=-20,-10,0,10,20", (3,), "turned counter-clockwise by 10 degrees"),
        ("rotation=-20,-10,0,10,20", (1, 2, 3), "turned either way by up to 10 degrees"),
        (
            "rotation=-20,-10,0,10,20",
            (1, 2, 3, 4),
            "turned clockwise by up to 10 degrees or counter-clockwise by up to 20",
        ),
        ("rotation=-20,0,20", (1,), "with rotation left out"),
        ("darken=0..0.8", (0, 1), "in dim light, with up to"),
        ("darken=0,0.3,0.6", (1,), "in dim light, with 30 % of the light missing"),
        ("zoom=0.5,1,2", (0,), "at 50 % of their size"),
        ("hue=-0.1,0,0.1", (0,), "with colours turned from red towards violet by 10 % of a full circle"),
        ("shift_y=0,0.1,0.25", (1, 2), "moved down by 10 to 25 % of the height"),
        ("fog=0,3", (1,), "in fog of strength 3 on a scale to 5"),
        ("flip=0,1", (1,), "mirrored, left for right"),
    ],
)
def test_levels_in_words(asked: str, levels: tuple[int, ...], words: str) -> None:
    assert edit_in_words(concept_space(asked).concepts[0], levels).startswith(words)


@pytest.mark.parametrize("name", [name for name in IMAGE_CONCEPTS if name != "occluded_place"])
def test_every_picture_edit_has_plain_words(name: str) -> None:
    concept = IMAGE_CONCEPTS[name]()
    for levels in ([0], [len(concept.levels) - 1], range(len(concept.levels))):
        words = edit_in_words(concept, levels).replace(name, "")
        assert not TECHNICAL.search(words) and words
    told = edit_tested(concept)
    assert told is not None and f"(called {name} " in told


def test_text_edits_say_their_share_in_per_cent() -> None:
    told = {name: edit_tested(edit()) for name, edit in TEXT_CONCEPTS.items()}
    assert not any(line is None or TECHNICAL.search(line) for line in told.values())
    assert told["delete-words"] == "With 5 to 40 % of the words left out (called delete-words 5 % to 40 %, in 4 steps)"
    assert "the function words (the, of, was, ...) left out" in str(told["drop-stop-words"])
    assert " nouns left out, names included (called drop-noun " in str(told["drop-noun"])
