"""Texts without their small words."""

from __future__ import annotations

from failscape.concepts.text.base import TextConcept
from failscape.concepts.text.spans import chunks, without

# Function words of English but for negations, without which something else is said.
_WORDS = """
a about am an and are as at be because been being but by can could did do does doing for had has have having he her
here hers herself him himself his how i if in into is it its itself just may me might more most must my myself of on
or other our ours ourselves own she should so some such than that the their theirs them themselves then there these
they this those through to too very was we were what when where which while who whom whose why will with would you
your yours yourself yourselves
"""
STOP_WORDS = frozenset(_WORDS.split())


class DropStopWords(TextConcept):
    """Share of the function words (the, of, was, ...) left out; negations stay."""

    name = "drop-stop-words"
    needs_english = True

    def edit(self, text: str, strength: float, seed: int) -> str:
        """The text without the drawn words."""
        known = [(start, end) for start, end in chunks(text) if text[start:end].lower() in STOP_WORDS]
        return without(text, [known[place] for place in self.places(len(known), strength, seed)])
