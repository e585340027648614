"""Items that a target is shown: where they come from, and the batch of them held in memory.

Shapes: ``N`` items.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch


class Skipped(NamedTuple):
    """An item that could not be read, and why in a few words (``truncated``, ``not an image``, ``empty``)."""

    name: str
    reason: str


class Source(Protocol):
    """A labelled collection that is read one item at a time. Class indices are those of the target."""

    names: Sequence[str]  # (N,) stable, unique; the held-out split and the records use them
    labels: np.ndarray  # (N,) int64
    skipped: list[Skipped]  # known bad before any item is opened

    def load(self, index: int) -> Any:
        """One item (for images a PIL image in RGB, upright); raises ``Unreadable`` where it cannot be read."""
        ...


class Unreadable(Exception):
    """One item cannot be read; its text is the reason."""


@dataclass(frozen=True)
class Items:
    """Prepared items in memory, on the device of their target."""

    inputs: torch.Tensor  # (N, ...) uint8
    references: np.ndarray  # (N,) int64 class indices
    names: tuple[str, ...]  # (N,)
    held_out: np.ndarray  # (N,) bool, decided by a hash of the name alone
    skipped: list[Skipped] = field(default_factory=list)
    groups: tuple[str, ...] = ()  # names that references index, where the data has them

    def __len__(self) -> int:
        return len(self.references)

    @property
    def fingerprint(self) -> str:
        """Twelve letters that change with names and classes: what was learned of other items says nothing here."""
        text = json.dumps([list(self.names), self.references.tolist()])
        return hashlib.sha256(text.encode()).hexdigest()[:12]


Prepare = Callable[[Any], torch.Tensor]
