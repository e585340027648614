"""A slot of a prompt, as an axis of the grid."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from failscape.concepts.base import Concept
from failscape.errors import UsageError


class Slot(Concept):
    """What stands in a slot of a prompt. Its levels have no order.

    Args:
        name: of the slot.
        values: of each level by its name, the words that come to stand in the slot.
    """

    field = "words"
    unit = ""
    identity = None
    limits = (0.0, math.inf)
    default_levels = (0.0,)
    categorical = True

    def __init__(self, name: str, values: Mapping[str, str]) -> None:
        self.name = name  # type: ignore[misc]
        if not values:
            raise UsageError(f"the slot {{{name}}} has no values")
        self.values = dict(values)
        self.level_names = tuple(self.values)
        super().__init__(range(len(self.values)))

    def _edit(self, inputs: Any, strengths: np.ndarray, seeds: np.ndarray) -> Any:
        words = list(self.values.values())
        edited = np.empty(len(inputs), object)
        edited[:] = [
            tuple(sorted({**dict(held), self.name: words[int(level)]}.items()))
            for held, level in zip(inputs, strengths, strict=True)
        ]
        return edited

    def level_name(self, level: int) -> str:
        """The name of a value: ``blue``."""
        return self.level_names[level]

    def label(self, level: int) -> str:
        """``color blue``."""
        return f"{self.name} {self.level_names[level]}"


def slots_of(concepts: Sequence[Concept]) -> dict[str, dict[str, str]]:
    """The axes that are slots, with their values; none where no axis is one."""
    return {c.name: c.values for c in concepts if isinstance(c, Slot)}
