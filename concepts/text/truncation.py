"""Texts that break off."""

from __future__ import annotations

from failscape.concepts.label_effect import INVALIDATED
from failscape.concepts.text.base import TextConcept, count
from failscape.concepts.text.spans import chunks


class Truncation(TextConcept):
    """Share of the words cut off at the end. Nothing is drawn."""

    name = "truncation"
    default_levels = (0.2, 0.4, 0.6, 0.8)
    random = False
    label_effect = INVALIDATED

    def edit(self, text: str, strength: float, seed: int) -> str:
        """The words before the cut."""
        spans = chunks(text)
        kept = len(spans) - count(len(spans), strength)
        return text[: spans[kept - 1][1]] if kept else ""
