"""Small letters where there were capitals."""

from __future__ import annotations

from failscape.concepts.text.base import TextConcept
from failscape.concepts.text.spans import chunks, spliced


class LowerCase(TextConcept):
    """Share of the words with a capital that are written small."""

    name = "lower-case"

    def edit(self, text: str, strength: float, seed: int) -> str:
        """The text with the drawn words in small letters."""
        capital = [(start, end) for start, end in chunks(text) if text[start:end].lower() != text[start:end]]
        drawn = [capital[place] for place in self.places(len(capital), strength, seed)]
        return spliced(text, [(start, end, text[start:end].lower()) for start, end in drawn])
