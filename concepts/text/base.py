"""One text edit: some of a text's places, more of the same ones the stronger it is.

Shapes: ``B`` batch.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import ClassVar

import numpy as np

from failscape.concepts.base import Concept
from failscape.concepts.keyed_random import scramble
from failscape.concepts.label_effect import TRANSFORMED


class TextConcept(Concept):
    """An edit of an article, and of its reference where that changes with it. Identity: 0.

    Strength is the share of the places that the edit knows, in [0, 1]: characters, words, sentences. It is rounded to
    whole places, one at least where there are any. Which places come first is drawn by the row's seed, so that a
    stronger edit has all the places of a weaker one.

    ``label_effect`` says what an edit does to the reference: ``"preserved"`` where it stays right, ``"transformed"``
    where it is edited alike, ``"invalidated"`` where it may no longer hold and only the summary of the unedited article
    says what was to be expected. What an edit promises is checked for each item on what it made
    (:meth:`kept_promise`).
    """

    field = "pair"
    unit = ""
    identity = 0.0
    limits = (0.0, 1.0)
    default_levels = (0.25, 0.5, 0.75, 1.0)
    random = True
    names_identity: ClassVar[bool] = False
    needs_english: ClassVar[bool] = False  # whether it knows words or grammar, which it does of English only

    def _edit(self, inputs: np.ndarray, strengths: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        out = inputs.copy()
        for row, strength, seed in zip(out, strengths.tolist(), seeds.tolist(), strict=True):
            row[0], row[1] = self.pair(row[0], row[1], strength, seed)
        return out

    def pair(self, article: str, reference: str, strength: float, seed: int) -> tuple[str, str]:
        """One article and its reference, edited; the reference stays as it is unless it is ``"transformed"``."""
        return self.edit(article, strength, seed), reference

    def kept_promise(self, before: np.ndarray, after: np.ndarray) -> np.ndarray | None:
        """Whether each reference was edited as its article was, ``(B, 2), (B, 2) -> (B,)`` bool; None: not promised."""
        if self.label_effect != TRANSFORMED:
            return None
        pairs = zip(before.tolist(), after.tolist(), strict=True)
        return np.array([old == new or self.kept((old[0], old[1]), (new[0], new[1])) for old, new in pairs], bool)

    def kept(self, before: tuple[str, str], after: tuple[str, str]) -> bool:
        """Whether one reference was edited as its article was; of use where the edit is ``"transformed"``."""
        return True

    @abstractmethod
    def edit(self, text: str, strength: float, seed: int) -> str:
        """One text edited, for a strength above 0."""

    def places(self, n: int, share: float, seed: int) -> list[int]:
        """This share of ``n`` places, in the order in which they are drawn: less is the beginning of more."""
        return self.ranking(n, seed)[: count(n, share)]

    def ranking(self, n: int, seed: int) -> list[int]:
        """All of ``n`` places in the order in which they are drawn by the seed."""
        return np.argsort(scramble(self.name, seed, np.arange(n)), kind="stable").tolist()

    def draws(self, seed: int, places: list[int] | range) -> list[int]:
        """A whole number below 2**62 for each place, to choose by what happens there."""
        return (scramble(self.name, "what", seed, np.asarray(places, np.int64)) >> np.uint64(2)).tolist()

    def label(self, level: int) -> str:
        """``lower-case 50 %``, or ``drop-noun 2 words`` where words are counted."""
        if self.unit:
            return super().label(level)
        if self.edges is not None:
            return f"{self.name} {100 * self.edges[level]:g} to {100 * self.edges[level + 1]:g} %"
        return f"{self.name} {100 * self.levels[level]:g} %"


def count(n: int, share: float) -> int:
    """How many places of ``n`` a share above 0 is: rounded, one at least where there are any."""
    return min(n, max(1, math.floor(n * share + 0.5)))
