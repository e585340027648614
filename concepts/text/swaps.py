"""Things replaced by others of their kind, in the text and in its reference."""

from __future__ import annotations

import re
from abc import abstractmethod

import numpy as np

from failscape.concepts.keyed_random import scramble
from failscape.concepts.label_effect import TRANSFORMED
from failscape.concepts.text.base import TextConcept

_TRIES = 16  # draws of something that the texts do not have yet; then the thing stays


class Swap(TextConcept):
    """Share of the different things of a kind replaced, each wherever it stands, in article and reference alike."""

    label_effect = TRANSFORMED

    def pair(self, article: str, reference: str, strength: float, seed: int) -> tuple[str, str]:
        """The article and its reference, with the same things replaced by the same others."""
        found, swapped = self.things(article), dict[str, str]()
        taken = {*found, *self.things(reference)}
        for place in self.places(len(found), strength, seed):
            thing = found[place]
            other = self._fresh(thing, seed, taken, f"{article}\n{reference}")
            swapped = self.aliases(thing, other, found) | swapped
            taken.add(other)
        return replaced(article, swapped), replaced(reference, swapped)

    def edit(self, text: str, strength: float, seed: int) -> str:
        """The article alone."""
        return self.pair(text, "", strength, seed)[0]

    def _fresh(self, thing: str, seed: int, taken: set[str], texts: str) -> str:
        """What stands in a thing's place, new to both texts; the thing itself where no draw is."""
        draws = (scramble(self.name, "what", seed, thing, np.arange(_TRIES)) >> np.uint64(2)).tolist()
        others = (self.other(thing, draw) for draw in draws)
        return next((other for other in others if self.is_new(other, taken, texts)), thing)

    @abstractmethod
    def things(self, text: str) -> list[str]:
        """What can be replaced, each once, as it comes."""

    @abstractmethod
    def other(self, thing: str, draw: int) -> str:
        """What may stand in a thing's place."""

    def is_new(self, other: str, taken: set[str], texts: str) -> bool:
        """Whether neither text has it, and nothing else was replaced by it."""
        return other not in taken

    def aliases(self, thing: str, other: str, found: list[str]) -> dict[str, str]:
        """All that must be replaced with a thing, and by what."""
        return {thing: other}


def replaced(text: str, others: dict[str, str]) -> str:
    """The text with each key replaced by its value where it stands as a whole, longer keys first, in one pass."""
    if not others or not text:
        return text
    keys = "|".join(re.escape(key) for key in sorted(others, key=len, reverse=True))
    return re.sub(rf"(?<![\w])(?<!\d[.,:-])(?:{keys})(?![\w])(?![.,:-]\d)", lambda match: others[match[0]], text)
