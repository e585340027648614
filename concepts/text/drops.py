"""All of a word gone: the edits of FSRL's microscopic task."""

from __future__ import annotations

import math
import re
import zlib
from typing import ClassVar

import numpy as np

from failscape.concepts.keyed_random import scramble
from failscape.concepts.label_effect import INVALIDATED
from failscape.concepts.text.base import TextConcept
from failscape.concepts.text.spans import without
from failscape.concepts.text.tags import Token, tokens

_JOINED = re.compile(r"['’](?!s\b)\w|\w")  # what follows a word that is the first part of a longer one
_POSSESSIVE = re.compile(r"['’]s\b|(?<=s)['’](?=\s)")
_SHORTENED_AS_TEXT = "mr mrs ms dr prof st sgt lt col gen gov sen rep rev jr sr capt hon"
_SHORTENED = frozenset(_SHORTENED_AS_TEXT.split())


class DropWord(TextConcept):
    """Picks words of one part of speech and leaves out each of them wherever it stands; strength is how many words.

    As in FSRL (arXiv 2406.07145), whose step picks one word. More picks are the same ones and others; where none is
    left the text stays. Picks are drawn by the word itself, so that they hold when other words are gone, too.
    """

    unit = "words"
    limits = (0.0, math.inf)
    default_levels = (1, 2, 3, 4)
    label_effect = INVALIDATED
    needs_english = True
    tags: ClassVar[frozenset[str]]

    def edit(self, text: str, strength: float, seed: int) -> str:
        """The text without the first words that are drawn."""
        whole = [token for token in tokens(text) if _stands_alone(text, token)]
        known = {token.low for token in whole if token.tag in self.tags}
        hashes = np.array([zlib.crc32(word.encode()) for word in sorted(known)], np.int64)
        order = np.argsort(scramble(self.name, seed, hashes), kind="stable") if known else hashes
        picked = {sorted(known)[i] for i in order[: math.ceil(min(strength, len(known)))].tolist()}
        return without(text, [(t.start, _end(text, t)) for t in whole if t.low in picked])

    def label(self, level: int) -> str:
        """``drop-noun 1 word``, ``drop-noun 2 words``."""
        return super().label(level).removesuffix("s" if self.edges is None and self.levels[level] == 1 else "")


def _end(text: str, token: Token) -> int:
    """Where a word ends with what belongs to it alone: the stop of ``Mr.``, the s of ``Smith's``."""
    if token.low in _SHORTENED and text[token.end : token.end + 1] == ".":
        return token.end + 1
    possessive = _POSSESSIVE.match(text, token.end)
    return possessive.end() if possessive else token.end


def _stands_alone(text: str, token: Token) -> bool:
    """Whether it is a word, and no part of isn't or he's."""
    joined = (token.start and text[token.start - 1].isalnum()) or "'" in token.low[:2]
    return token.word[0].isalnum() and not joined and not _JOINED.match(text, token.end)


class DropNoun(DropWord):
    """Number of nouns left out, names included."""

    name = "drop-noun"
    tags = frozenset({"NN0", "NN1", "NN2", "NP0"})


class DropVerb(DropWord):
    """Number of verbs left out: forms of a verb count apart, and be, have, do and modals count."""

    name = "drop-verb"
    tags = frozenset({*(f"V{verb}{form}" for verb in "VBHD" for form in "BDGINZ"), "VM0"})


class DropAdjective(DropWord):
    """Number of adjectives left out, comparatives and superlatives included."""

    name = "drop-adjective"
    tags = frozenset({"AJ0", "AJC", "AJS"})
