"""Prompts with named slots: ``a {color} car in a {place}``."""

from __future__ import annotations

import re
from collections.abc import Mapping

from failscape.errors import UsageError

SLOT = re.compile(r"\{([a-z][a-z0-9_-]*)\}")
ARTICLE = re.compile(r"\b([Aa])(\s+)(?=\{)")  # before a slot: it goes with whatever comes to stand there
OPEN = "\0"  # stands for an article until the prompt is filled
VOWEL = re.compile(r"(?!(?:uni|use|usu|eu|one\b|once))[aeiou]", re.IGNORECASE)  # with which words begin as they sound


def slots_of(template: str) -> tuple[str, ...]:
    """The names of a template's slots, in their order, each once.

    Raises:
        UsageError: a brace belongs to no slot.
    """
    if re.search(r"[{}]", SLOT.sub("", template)):
        raise UsageError(
            f"'{template}' has a brace that belongs to no slot; slots are written {{name}}, in small letters"
        )
    return tuple(dict.fromkeys(SLOT.findall(template)))


def filled(template: str, words: Mapping[str, str]) -> str:
    """The prompt with words in its slots, nothing in those without.

    What an empty slot would leave is mended: doubled spaces, commas with nothing between them. ``a`` before a slot
    becomes ``an`` where the word that follows it begins with a vowel.
    """
    marked = ARTICLE.sub(lambda found: f"{OPEN}{found[1]} ", template)
    text = SLOT.sub(lambda found: words.get(found[1], ""), marked)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(rf"{OPEN}([Aa]) ?([^\s{OPEN}]*)", _with_article, text)
    text = re.sub(r"\s*,(?:\s*,)+", ",", text)
    return re.sub(r"\s+([,.;:!?])", r"\1", text).strip(" ,")


def _with_article(found: re.Match[str]) -> str:
    article, word = found[1], found[2]
    return f"{article}{'n' if VOWEL.match(word) else ''} {word}"
