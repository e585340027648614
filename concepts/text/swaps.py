"""Things replaced by others of their kind, in the text and in its reference."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Mapping

import numpy as np

from failscape.concepts.keyed_random import scramble
from failscape.concepts.label_effect import TRANSFORMED
from failscape.concepts.text.base import TextConcept
from failscape.concepts.text.promises import swapped_alike

_TRIES = 16  # draws of something that the texts do not have yet; then the thing stays


class Swap(TextConcept):
    """Share of the different things of a kind replaced, each wherever it stands, in article and reference alike."""

    label_effect = TRANSFORMED
    needs_english = True

    def pair(self, article: str, reference: str, strength: float, seed: int) -> tuple[str, str]:
        """The article and its reference, with the same things replaced by the same others."""
        found, others = self.things(article, reference), dict[str, str]()
        for place in self.places(len(found), strength, seed):
            thing = found[place]
            other = self._fresh(thing, seed, {*found, *others.values()}, f"{article}\n{reference}")
            if other != thing:
                others[thing] = other
        return self.rewritten(article, others), self.rewritten(reference, others)

    def edit(self, text: str, strength: float, seed: int) -> str:
        """The article alone."""
        return self.pair(text, "", strength, seed)[0]

    def kept(self, before: tuple[str, str], after: tuple[str, str]) -> bool:
        """Whether the reference names the new things where it named the old ones, and no text still has these."""
        return swapped_alike(*(self.facts(text) for text in (*before, *after)))

    def _fresh(self, thing: str, seed: int, taken: set[str], texts: str) -> str:
        """What stands in a thing's place, new to both texts; the thing itself where no draw is."""
        draws = (scramble(self.name, "what", seed, thing, np.arange(_TRIES)) >> np.uint64(2)).tolist()
        others = (self.other(thing, draw) for draw in draws)
        return next((other for other in others if self.is_new(other, taken, texts)), thing)

    @abstractmethod
    def things(self, article: str, reference: str) -> list[str]:
        """What can be replaced in an article and its reference, each once, as it comes in the article."""

    @abstractmethod
    def other(self, thing: str, draw: int) -> str:
        """What may stand in a thing's place."""

    @abstractmethod
    def is_new(self, other: str, taken: set[str], texts: str) -> bool:
        """Whether neither text has it, and nothing else was replaced by it."""

    @abstractmethod
    def rewritten(self, text: str, others: Mapping[str, str]) -> str:
        """The text with each of these things replaced by the other."""

    @abstractmethod
    def facts(self, text: str) -> Counter[str]:
        """All of the kind that a text says, and how often."""
