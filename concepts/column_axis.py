"""An axis of the grid that is a column of a table: its values say which rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from failscape.concepts.base import Concept


class ColumnAxis(Concept):
    """A column of the table.

    It edits nothing: a row lies at the level that it has. Levels are numbers in their order, ranges of numbers (a row
    is in the range that begins at or before its value and ends after it), or words without order.

    Args:
        name: of the column.
        levels: the numbers.
        edges: instead, the borders of ranges.
        names: instead, the words.
    """

    field = None
    unit = ""
    identity = None
    limits = (-math.inf, math.inf)
    default_levels = (0.0,)
    selects = True

    def __init__(
        self,
        name: str,
        levels: Sequence[float] | None = None,
        *,
        edges: Sequence[float] | None = None,
        names: Sequence[str] = (),
    ) -> None:
        self.name, self.level_names, self.categorical = name, tuple(names), bool(names)  # type: ignore[misc]
        super().__init__(range(len(names)) if names else levels, edges=None if names else edges)

    def strengths(self, levels: np.ndarray, seeds: np.ndarray | None = None) -> np.ndarray:
        """The number of a level, the middle of a range: nothing is drawn."""
        return super().strengths(levels)

    def _edit(self, inputs: Any, strengths: np.ndarray, seeds: np.ndarray) -> Any:
        return inputs

    def quantity(self, strength: float) -> str:
        """A number of the column."""
        return number(strength)

    def level_name(self, level: int) -> str:
        """``3``, ``0.1 to 0.3``, ``count``."""
        if self.categorical:
            return self.level_names[level]
        if self.edges is not None:
            return f"{number(self.edges[level])} to {number(self.edges[level + 1])}"
        return number(self.levels[level])

    def label(self, level: int) -> str:
        """``count = 3``."""
        sign = " " if self.edges is not None else " = "
        return f"{self.name}{sign}{self.level_name(level)}"


def number(value: float) -> str:
    """A number as a table has it, without the noise of its last bits."""
    return f"{value:.10g}"


def columns_of(concepts: Sequence[Concept]) -> dict[str, list[str]]:
    """The axes that are columns, with the words of those without order; none for the others."""
    return {c.name: list(c.level_names) for c in concepts if isinstance(c, ColumnAxis)}
