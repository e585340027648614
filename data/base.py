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


class TextSource(Protocol):
    """A collection of articles with their reference summaries, grouped by topic."""

    names: Sequence[str]  # (N,) as in Source
    labels: np.ndarray  # (N,) int64 indices into topics
    topics: tuple[str, ...]  # ("all",) where the data names none
    skipped: list[Skipped]

    def load(self, index: int) -> tuple[str, str]:
        """The article and its reference, ``""`` where there is none; raises ``Unreadable``."""
        ...


class Unreadable(Exception):
    """One item cannot be read; its text is the reason."""


@dataclass(frozen=True)
class Items:
    """Prepared items in memory; those that are tensors, on the device of their target."""

    inputs: Any  # pictures: (N, ...) uint8 tensor; texts: (N, 2) object array of str, article and reference
    references: np.ndarray  # (N,) int64 class indices; of texts, indices of topics
    names: tuple[str, ...]  # (N,)
    held_out: np.ndarray  # (N,) bool, decided by a hash of the name alone
    skipped: list[Skipped] = field(default_factory=list)
    groups: tuple[str, ...] = ()  # names that references index, where the data has them
    notes: tuple[str, ...] = ()  # what the user should know of how they were read, a line each

    def __len__(self) -> int:
        return len(self.references)

    def rows(self, indices: np.ndarray) -> Any:
        """The inputs of these items ``(B, ...)``, copied, in the order of the indices ``(B,)``."""
        if isinstance(self.inputs, torch.Tensor):
            return self.inputs.index_select(0, torch.from_numpy(indices).to(self.inputs.device))
        return self.inputs[indices]

    @property
    def fingerprint(self) -> str:
        """Twelve letters that change with names and classes: what was learned of other items says nothing here.

        Of texts they change with the contents, too: names that count rows are alike in every version of a file.
        """
        known: list[Any] = [list(self.names), self.references.tolist()]
        if not isinstance(self.inputs, torch.Tensor):
            known.append(self.inputs.tolist())
        return hashlib.sha256(json.dumps(known).encode()).hexdigest()[:12]


Prepared = torch.Tensor | tuple[str, str]  # a picture, or an article and its reference
Prepare = Callable[[Any], Prepared]
