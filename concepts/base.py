"""One concept: a one-parameter family of edits that a person can name.

Shapes: ``B`` batch, ``L`` levels.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import torch

from failscape.errors import UsageError


class Concept(ABC):
    """A family of edits, sampled at ``levels`` of its strength.

    Args:
        levels: strictly increasing strengths in ``unit``, within ``limits``; the concept's own default when omitted.
    """

    name: ClassVar[str]
    unit: ClassVar[str]  # "" where the strength is a factor or a share
    identity: ClassVar[float | None]  # the strength that changes nothing; None where there is none
    limits: ClassVar[tuple[float, float]]  # strengths that make sense, inclusive
    default_levels: ClassVar[tuple[float, ...]]
    random: ClassVar[bool] = False  # whether the edit draws something of its own: noise, drops, places

    def __init__(self, levels: Sequence[float] | None = None) -> None:
        try:
            self.levels = np.asarray(self.default_levels if levels is None else levels, np.float64)
        except (TypeError, ValueError):
            raise UsageError(f"levels of {self.name} must be numbers, got {levels!r}") from None
        low, high = self.limits
        if self.levels.ndim != 1 or not len(self.levels) or not (np.diff(self.levels) > 0).all():
            raise UsageError(f"levels of {self.name} must be strictly increasing, got {self.levels.tolist()}")
        if not (np.isfinite(self.levels).all() and low <= self.levels[0] and self.levels[-1] <= high):
            raise UsageError(f"levels of {self.name} must lie in [{low:g}, {high:g}], got {self.levels.tolist()}")

    def apply(self, inputs: Any, strengths: np.ndarray, seeds: np.ndarray | None = None) -> Any:
        """Each input edited by its own strength: ``(B, ...), (B,) -> (B, ...)``.

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
        rows = torch.from_numpy(np.flatnonzero(edited)).to(inputs.device)
        out = inputs.clone()
        out.index_copy_(0, rows, self._edit(inputs.index_select(0, rows), strengths[edited], seeds[edited]))
        return out

    @abstractmethod
    def _edit(self, inputs: Any, strengths: np.ndarray, seeds: np.ndarray) -> Any:
        """The edit itself, for strengths that are neither NaN nor the identity."""

    def label(self, level: int) -> str:
        """A level as a person writes it: ``rotation -10°``, ``darken 0.3``."""
        unit = "°" if self.unit == "deg" else f" {self.unit}" if self.unit else ""
        return f"{self.name} {self.levels[level]:g}{unit}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.levels.tolist()})"
