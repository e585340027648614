"""One concept: a one-parameter family of edits that a person can name.

Shapes: ``B`` batch, ``L`` levels.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from failscape.common import arrays
from failscape.concepts.keyed_random import uniform
from failscape.concepts.label_effect import LABEL_EFFECTS, PRESERVED, LabelEffect
from failscape.concepts.plain_words import Words
from failscape.errors import UsageError, did_you_mean


class Concept(ABC):
    """A family of edits, sampled at ``levels`` of its strength, or over a whole range cut into cells.

    Args:
        levels: strictly increasing strengths in ``unit``, within ``limits``; the concept's own default when omitted.
        edges: instead of levels, the strictly increasing borders of cells: a level then is a cell, ``levels`` holds
            the middles, and each edit's strength is drawn evenly from its cell.
        **chosen: of ``options``, those that differ from the usual.
    """

    name: ClassVar[str]
    field: ClassVar[str | None] = "pixels"  # of a batch, that it edits; None where it edits nothing
    unit: ClassVar[str]  # "" where the strength is a factor or a share
    identity: ClassVar[float | None]  # the strength that changes nothing; None where there is none
    limits: ClassVar[tuple[float, float]]  # strengths that make sense, inclusive
    default_levels: ClassVar[tuple[float, ...]]
    categorical: ClassVar[bool] = False  # whether levels have no order, as classes
    random: ClassVar[bool] = False  # whether the edit draws something of its own: noise, drops, places
    selects: ClassVar[bool] = False  # whether it says *which* items are shown and edits nothing
    label_effect: ClassVar[LabelEffect] = PRESERVED  # what an edit does to the right answer of an item
    options: ClassVar[Mapping[str, tuple[str, ...]]] = {}  # ways to make the edit, by name; the first one is the usual
    harmless: ClassVar[tuple[float, float] | None] = None  # strengths between which no label is in doubt; None: all
    words: ClassVar[Words | None] = None  # what it does, for people who are not engineers; None: its docstring says
    kind: ClassVar[str] = ""  # what kind of edit it is, for them; its name where empty
    switch: ClassVar[bool] = False  # whether it is made or not, of strength 1 or 0
    names_identity: ClassVar[bool] = True  # whether a point's name mentions the concept where it changes nothing

    def __init__(
        self, levels: Sequence[float] | None = None, *, edges: Sequence[float] | None = None, **chosen: str
    ) -> None:
        self.check_options(chosen)
        self.chosen = {**{name: values[0] for name, values in self.options.items()}, **chosen}
        self.edges = None if edges is None else self._increasing("edges", edges)
        if self.edges is None:
            self.levels = self._increasing("levels", self.default_levels if levels is None else levels)
            return
        if levels is not None or len(self.edges) < 2:
            raise UsageError(f"{self.name} takes levels, or the two or more edges of a range")
        if self.categorical:
            raise UsageError(f"the levels of {self.name} have no order, so there is no range; list them instead")
        self.levels = (self.edges[:-1] + self.edges[1:]) / 2

    @classmethod
    def check_options(cls, chosen: Mapping[str, str]) -> None:
        """Refuse an option that the concept does not have, or a value that the option does not."""
        for name, value in chosen.items():
            if name not in cls.options:
                known = f"it has {', '.join(cls.options)}" if cls.options else "it has none"
                raise UsageError(f"{cls.name} has no option {name!r}{did_you_mean(name, cls.options)}; {known}")
            if value not in cls.options[name]:
                raise UsageError(f"{name} of {cls.name} is one of {', '.join(cls.options[name])}, got {value!r}")

    @property
    def unusual(self) -> dict[str, str]:
        """The options that differ from the usual."""
        return {name: value for name, value in self.chosen.items() if value != self.options[name][0]}

    def _increasing(self, what: str, given: Sequence[float]) -> np.ndarray:
        """``given`` as an array, if it is strictly increasing and within the limits."""
        try:
            values = np.asarray(given, np.float64)
        except (TypeError, ValueError):
            raise UsageError(f"{what} of {self.name} must be numbers, got {given!r}") from None
        low, high = self.limits
        if values.ndim != 1 or not len(values) or not (np.diff(values) > 0).all():
            raise UsageError(f"{what} of {self.name} must be strictly increasing, got {values.tolist()}")
        if not (np.isfinite(values).all() and low <= values[0] and values[-1] <= high):
            raise UsageError(f"{what} of {self.name} must lie in [{low:g}, {high:g}], got {values.tolist()}")
        return values

    def strengths(self, levels: np.ndarray, seeds: np.ndarray | None = None) -> np.ndarray:
        """Strengths of level indices ``(B,)``, NaN where they are negative.

        Within a cell the strength is drawn by the row's seed; without seeds it is the middle.
        """
        if self.edges is None or seeds is None:
            return np.where(levels < 0, np.nan, self.levels[levels])
        low, high = self.edges[levels], self.edges[np.minimum(levels + 1, len(self.levels))]
        drawn = low + uniform(self.name, seeds, levels) * (high - low)
        return np.where(levels < 0, np.nan, drawn)

    def with_identity(self) -> Concept:
        """The same concept with the strength that changes nothing among its levels, where there is such a strength."""
        if self.identity is None or (self.edges is None and self.identity in self.levels):
            return self
        walked = copy.copy(self)
        walked.levels, walked.edges = np.union1d(self.levels, [self.identity]), None
        return walked

    def changes(self, levels: np.ndarray) -> np.ndarray:
        """Whether level indices ``(B,)`` change anything: not where they are negative or at the identity."""
        strengths = self.strengths(levels)
        changed: np.ndarray = ~np.isnan(strengths)
        return changed if self.identity is None else changed & (strengths != self.identity)

    def in_doubt(self, levels: np.ndarray) -> np.ndarray:
        """Whether level indices ``(B,)`` may change what is right, where nothing else is known: ``(B,)`` bool."""
        if self.harmless is None:
            return np.zeros(len(levels), bool)
        low, high = self.harmless
        ends = (self.levels[levels],) * 2 if self.edges is None else (self.edges[levels], self.edges[levels + 1])
        return np.asarray(self.changes(levels) & ~((low < ends[0]) & (ends[1] < high)))

    def effects(self, levels: np.ndarray) -> np.ndarray:
        """What level indices ``(B,)`` do to the right answer, as indices of ``LABEL_EFFECTS`` ``(B,)`` int64."""
        return np.where(self.changes(levels), LABEL_EFFECTS.index(self.label_effect), 0)

    def kept_promise(self, before: Any, after: Any) -> np.ndarray | None:
        """Whether each right answer was edited as its item was: ``(B, ...), (B, ...) -> (B,)`` bool.

        None where nothing of the kind is promised: where the edit is not ``"transformed"``.
        """
        return None

    def apply(self, inputs: Any, strengths: np.ndarray, seeds: np.ndarray | None = None) -> Any:
        """Each value of the field edited by its own strength: ``(B, ...), (B,) -> (B, ...)``.

        NaN means *leave alone*. Rows at the identity strength or NaN come back bit for bit. What a random edit draws
        depends on the row's own seed alone, ``(B,)`` non-negative integers, zero where omitted: the same item is edited
        alike in every batch, and a stronger edit has more of the same drops.
        """
        seeds = np.zeros(len(strengths), np.int64) if seeds is None else seeds
        edited = ~np.isnan(strengths)
        if self.identity is not None:
            edited &= strengths != self.identity
        if not edited.any():
            return inputs
        if edited.all():
            return self._edit(inputs, strengths, seeds)
        rows = np.flatnonzero(edited)
        return arrays.put(inputs, rows, self._edit(inputs[rows], strengths[rows], seeds[rows]))

    def again(self, inputs: Any, levels: np.ndarray, seeds: np.ndarray, step: int) -> Any:
        """Inputs edited once more, on what the edits before have left: ``(B, ...), (B,), (B,) -> (B, ...)``.

        Args:
            inputs: as they were left.
            levels: that the concept has reached with this edit; negative rows are left alone.
            seeds: of the rows.
            step: how many edits there were before, of any concept.
        """
        return self.apply(inputs, self.strengths(levels, seeds), seeds)

    @abstractmethod
    def _edit(self, inputs: Any, strengths: np.ndarray, seeds: np.ndarray) -> Any:
        """The edit itself, for strengths that are neither NaN nor the identity."""

    def label(self, level: int) -> str:
        """A level as a person writes it: ``rotation -10°``, ``darken 0.3``, ``other-color``, ``not other-color``."""
        if self.switch:
            return self.name if self.levels[level] else f"not {self.name}"
        unit = "°" if self.unit == "deg" else f" {self.unit}" if self.unit else ""
        if self.edges is not None:
            return f"{self.name} {self.edges[level]:g} to {self.edges[level + 1]:g}{unit}"
        return f"{self.name} {self.levels[level]:g}{unit}"

    def quantity(self, strength: float) -> str:
        """A strength with its unit: ``10°``, ``0.3``."""
        unit = "°" if self.unit == "deg" else f" {self.unit}" if self.unit else ""
        return f"{strength:g}{unit}"

    def level_name(self, level: int) -> str:
        """A level without the name of the concept: ``-10°``, ``yield``."""
        return self.label(level).removeprefix(f"{self.name} ")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.levels.tolist()})"
