"""The same said in other words."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from pathlib import Path

from failscape.concepts.text.base import TextConcept
from failscape.concepts.text.inflection import FORMS, article_for, cased_like, inflected, lemma
from failscape.concepts.text.spans import Change, spliced
from failscape.concepts.text.tags import Token, tokens

_ENDS = frozenset('.!?:"“')
_KINDS = {"NN": "NOUN", "VV": "VERB", "AJ": "ADJ", "AV": "ADV"}


class Synonyms(TextConcept):
    """Share of the words with everyday synonyms replaced by one, in the same form; ``a`` and ``an`` follow."""

    name = "synonyms"
    needs_english = True

    def edit(self, text: str, strength: float, seed: int) -> str:
        """The text with other words for the drawn ones."""
        read = tokens(text)
        known = [i for i, token in enumerate(read) if _others(token.word, token.tag) and _is_free(text, read, i)]
        places = self.places(len(known), strength, seed)
        changes: list[Change] = []
        for place, draw in zip(places, self.draws(seed, places), strict=True):
            changes += _replaced(read, known[place], draw)
        return spliced(text, changes)


def _is_free(text: str, read: list[Token], i: int) -> bool:
    """Whether another word can stand in a word's place: not in a name (Mill Road), before ``'s``, or of ``used to``."""
    token, after = read[i], read[i + 1] if i + 1 < len(read) else None
    named = token.word[0].isupper() and i > 0 and read[i - 1].word not in _ENDS
    used_to = token.low == "used" and after is not None and after.low == "to"
    return not named and not used_to and text[token.end : token.end + 1] not in {"'", "’"}


@lru_cache(2**15)
def _others(word: str, tag: str) -> list[str]:
    """Synonyms of a word's lemma."""
    if tag not in FORMS or not word[1:].islower():
        return []
    return _table()[_KINDS[tag[:2]]].get(lemma(word, _KINDS[tag[:2]]), [])


def _replaced(read: list[Token], i: int, draw: int) -> list[Change]:
    token, others = read[i], _others(read[i].word, read[i].tag)
    new = cased_like(inflected(others[draw % len(others)], FORMS[token.tag]), token.word)
    changes = [(token.start, token.end, new)]
    if i and read[i - 1].low in {"a", "an"}:
        before = read[i - 1]
        changes.append((before.start, before.end, cased_like(article_for(new), before.word)))
    return changes


@cache
def _table() -> dict[str, dict[str, list[str]]]:
    """By kind and lemma, the other words of its groups."""
    kinds = json.loads(Path(__file__).with_name("synonyms.json").read_text(encoding="utf-8"))
    return {kind: {word: _beside(word, groups) for group in groups for word in group} for kind, groups in kinds.items()}


def _beside(word: str, groups: list[list[str]]) -> list[str]:
    return [other for group in groups if word in group for other in group if other != word]
