"""Edits that add up: one place of a text after the other, each on what the ones before have left.

Shapes: ``B`` batch.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from failscape.concepts.base import Concept
from failscape.concepts.keyed_random import scramble
from failscape.concepts.space import ConceptSpace
from failscape.concepts.text.base import TextConcept
from failscape.errors import UsageError

TIMES = 5  # that an edit can be made, unless it says otherwise
LEAST = 1e-9  # a share so small that it is one place


class Steps(TextConcept):
    """A text edit made some number of times, in one place each time. Identity: 0.

    What each time edits is drawn by the row's seed and by how many edits there were before.

    Args:
        edit: what is done each time.
        levels: numbers of times, whole.
    """

    unit = "times"
    limits = (0.0, math.inf)

    def __init__(self, edit: TextConcept, levels: Sequence[float] = range(TIMES + 1)) -> None:
        self.made = edit
        self.name, self.label_effect = edit.name, edit.label_effect  # type: ignore[misc]
        self.needs_english = edit.needs_english  # type: ignore[misc]
        super().__init__(list(levels))
        if (self.levels % 1 != 0).any():
            raise UsageError(f"{self.name} is made a whole number of times, got {self.levels.tolist()}")

    def again(self, inputs: np.ndarray, levels: np.ndarray, seeds: np.ndarray, step: int) -> np.ndarray:
        """Texts edited in one place more: ``(B, 2), (B,), (B,) -> (B, 2)``; rows of negative levels are left alone."""
        once = np.where(levels < 0, np.nan, 1.0 if self.made.unit else LEAST)
        return self.made.apply(inputs, once, (scramble(self.name, seeds, step) >> np.uint64(1)).astype(np.int64))

    def kept_promise(self, before: np.ndarray, after: np.ndarray) -> np.ndarray | None:
        """Whether each reference was edited as its article was; see :meth:`TextConcept.kept_promise`."""
        return self.made.kept_promise(before, after)

    def _edit(self, inputs: np.ndarray, strengths: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        for step in range(int(strengths.max())):
            inputs = self.again(inputs, np.where(strengths > step, 1, -1), seeds, step)
        return inputs

    def label(self, level: int) -> str:
        """``drop-noun 2 times``."""
        n = int(self.levels[level])
        return f"{self.name} {n} {'time' if n == 1 else 'times'}"

    def edit(self, text: str, strength: float, seed: int) -> str:
        """One text edited ``strength`` times."""
        pair = np.array([[text, ""]], object)
        return str(self._edit(pair, np.array([strength]), np.array([seed]))[0, 0])


def stepwise(space: ConceptSpace) -> ConceptSpace:
    """The space with each text edit made one place at a time, as often as it has levels above its identity.

    Raises:
        UsageError: something in it does not edit texts, or chooses among edits.
    """
    return ConceptSpace([_steps(concept) for concept in space.concepts], space.order)


def _steps(concept: Concept) -> Steps:
    if isinstance(concept, Steps):
        return concept
    if not isinstance(concept, TextConcept):
        raise UsageError(f"{concept.name} cannot be made one place at a time; name edits of texts, such as drop-noun")
    return Steps(concept, range(int((concept.levels > 0).sum()) + 1))
