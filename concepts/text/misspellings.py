"""Words spelt as people misspell them."""

from __future__ import annotations

import json
import re
from functools import cache, lru_cache
from pathlib import Path

from failscape.concepts.text.base import TextConcept
from failscape.concepts.text.inflection import cased_like
from failscape.concepts.text.spans import spliced, words

# What goes wrong in words that the table does not have: letters that are not heard, endings that sound alike.
RULES = tuple(
    (re.compile(pattern), new)
    for pattern, new in (
        *((r"(?<=\w)ei(?=\w)", "ie"), (r"(?<=\w)ie(?=\w)", "ei"), (r"([bcdfglmnprst])\1", r"\1"), (r"able$", "ible")),
        *((r"ible$", "able"), (r"ance$", "ence"), (r"ence$", "ance"), (r"ant$", "ent"), (r"(?<=\w\w)ent$", "ant")),
        *((r"ally$", "aly"), (r"tion(?=s?$)", "sion"), (r"sion(?=s?$)", "tion"), (r"ght", "gth"), (r"ph", "f")),
        *((r"(?<=\w)our$", "ur"), (r"(?<=[aeiou][lmnpt])ing$", r"ling"), (r"ful$", "full"), (r"ely$", "ly")),
        *(
            (r"(?<=\w)er$", "or"),
            (r"(?<=\w)or$", "er"),
            (r"ous$", "us"),
            (r"(?<=[aeiou])([lmnprt])(?=[aeiou])", r"\1\1"),
        ),
    )
)
_SHORTEST = 5  # letters of a word that a rule may change


class Misspellings(TextConcept):
    """Share of the words that people often misspell, misspelt: from a table, else by a rule of what sounds alike."""

    name = "misspellings"
    needs_english = True

    def edit(self, text: str, strength: float, seed: int) -> str:
        """The text with the drawn words misspelt."""
        known = [(start, end) for start, end in words(text) if misspelt(text[start:end])]
        places = self.places(len(known), strength, seed)
        drawn = zip((known[place] for place in places), self.draws(seed, places), strict=True)
        return spliced(text, [(start, end, _one(text[start:end], draw)) for (start, end), draw in drawn])


@lru_cache(2**15)
def misspelt(word: str) -> tuple[str, ...]:
    """How people spell the word wrongly; none where we know no way."""
    small = word.lower().replace("’", "'")
    if small in _table():
        return (_table()[small],)
    if len(small) < _SHORTEST or not small.isalpha() or word[1:] != small[1:]:
        return ()
    tried = (pattern.sub(new, small, count=1) for pattern, new in RULES)
    return tuple(wrong for wrong in tried if wrong != small)


def _one(word: str, draw: int) -> str:
    wrong = misspelt(word)
    return cased_like(wrong[draw % len(wrong)], word)


@cache
def _table() -> dict[str, str]:
    pairs = json.loads(Path(__file__).with_name("misspellings.json").read_text(encoding="utf-8"))
    return {right.lower(): wrong.lower() for right, wrong in pairs.items()}
