"""Sentences out of order."""

from __future__ import annotations

from failscape.concepts.text.base import TextConcept, count
from failscape.concepts.text.spans import sentences, spliced
from failscape.concepts.text.words import circled


class ShuffleSentences(TextConcept):
    """Share of the sentences that change places, two at least, in a circle whose order is drawn."""

    name = "shuffle-sentences"

    def edit(self, text: str, strength: float, seed: int) -> str:
        """The text with the drawn sentences moved."""
        spans = sentences(text)
        moved = self.ranking(len(spans), seed)[: max(2, count(len(spans), strength))]
        return spliced(text, circled(text, [spans[place] for place in moved]))
