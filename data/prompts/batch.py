"""Batches of prompts.

Shapes: ``N`` items, each a prompt and one of its pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from failscape.common.filling import Filling
from failscape.data.batch import Columns
from failscape.data.prompts.template import filled


@dataclass(frozen=True)
class Prompts(Columns):
    """Prompts, what stands in their slots, and which of a prompt's pictures is drawn."""

    template: np.ndarray  # (N,) object of str
    fillings: np.ndarray  # (N,) object of tuples of Filling: of the slots that are filled, in the order of their names
    number: np.ndarray  # (N,) int64: another number, another picture

    @classmethod
    def of(cls, templates: Sequence[str], numbers: Sequence[int], fillings: Sequence[Filling] = ()) -> Prompts:
        """Prompts whose slots hold the same."""
        held = np.empty(len(templates), object)
        held[:] = [tuple(sorted(fillings))] * len(templates)
        return cls(np.array([*templates, ""], object)[:-1], held, np.asarray(numbers, np.int64))

    @property
    def editable(self) -> tuple[str, ...]:
        """What stands in the slots."""
        return ("fillings",)

    @property
    def texts(self) -> list[str]:
        """The prompts as they are read."""
        both = zip(self.template, self.fillings, strict=True)
        return [filled(template, {one.slot: one.words for one in held}) for template, held in both]

    @property
    def inputs(self) -> np.ndarray:
        """Prompts and the numbers of their pictures, ``(N, 2)`` object."""
        both = np.empty((len(self), 2), object)
        both[:, 0], both[:, 1] = self.texts, self.number.tolist()
        return both

    @property
    def right_answer(self) -> np.ndarray:
        """0: as it should be."""
        return np.zeros(len(self), np.int64)
