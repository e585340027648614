"""Texts without their marks."""

from __future__ import annotations

import re

from failscape.concepts.text.base import TextConcept
from failscape.concepts.text.spans import spliced

_MARK = r"[.,;:!?…'\"“”‘’«»()\[\]{}–—-]"
# A mark within a word or a number (isn't, well-known, 3.5) is part of it; marks alone take their blank along.
MARK = re.compile(rf"\s{_MARK}+(?=\s)|(?<!\w){_MARK}|{_MARK}(?!\w)")


class RemovePunctuation(TextConcept):
    """Share of the punctuation marks left out, but for those within a word or a number."""

    name = "remove-punctuation"

    def edit(self, text: str, strength: float, seed: int) -> str:
        """The text without the drawn marks."""
        marks = [match.span() for match in MARK.finditer(text)]
        return spliced(text, [(*marks[place], "") for place in self.places(len(marks), strength, seed)])
