"""A slot of a prompt, as an axis of the grid."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from failscape.common.filling import Filling
from failscape.concepts.base import Concept
from failscape.errors import UsageError

NOT_FILLED = "not filled"  # the name of a level that leaves a slot alone


class Slot(Concept):
    """What stands in a slot of a prompt. Its levels have no order.

    Args:
        name: of the slot.
        values: of each level by its name, the words that come to stand in the slot. Where the first name is empty, that
            level leaves the slot as nobody fills it.
    """

    field = "fillings"
    unit = ""
    identity = 0.0
    names_identity = False
    limits = (0.0, math.inf)
    default_levels = (1.0,)
    categorical = True

    def __init__(self, name: str, values: Mapping[str, str]) -> None:
        self.name = name  # type: ignore[misc]
        if not values:
            raise UsageError(f"the slot {{{name}}} has no values")
        self.values = dict(values)
        self.level_names = tuple(self.values)
        first = 1 if self.level_names[0] else 0  # at 0 the slot is as nobody fills it
        super().__init__(range(first, first + len(self.values)))

    def _edit(self, inputs: Any, strengths: np.ndarray, seeds: np.ndarray) -> Any:
        fillings = [Filling(self.name, value, words) for value, words in self.values.items()]
        edited = np.empty(len(inputs), object)
        for row, (held, level) in enumerate(zip(inputs, strengths, strict=True)):
            others = [one for one in held if one.slot != self.name]
            edited[row] = tuple(sorted([*others, fillings[int(level - self.levels[0])]]))
        return edited

    def with_identity(self) -> Slot:
        """The slot with a first level that leaves it as nobody fills it."""
        return self if not self.level_names[0] else Slot(self.name, {"": "", **self.values})

    def level_name(self, level: int) -> str:
        """The name of a value: ``blue``."""
        return self.level_names[level] or NOT_FILLED

    def label(self, level: int) -> str:
        """``color blue``."""
        return f"{self.name} {self.level_name(level)}"


def slots_of(concepts: Sequence[Concept]) -> dict[str, dict[str, str]]:
    """The axes that are slots, with their values; none where no axis is one."""
    return {c.name: c.values for c in concepts if isinstance(c, Slot)}
