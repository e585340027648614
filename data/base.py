"""Items that a target is shown: where they come from, and the batch of them held in memory.

Shapes: ``N`` items.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import Any, NamedTuple, Protocol

import numpy as np

from failscape.common.label_rules import LabelRule
from failscape.data.batch import Batch


class Skipped(NamedTuple):
    """An item that could not be read, and why in a few words (``truncated``, ``not an image``, ``empty``)."""

    name: str
    reason: str


class Source(Protocol):
    """A collection that is read one item at a time, each of a group: a class of the target, a topic."""

    names: Sequence[str]  # (N,) stable, unique; the held-out split and the records use them
    labels: np.ndarray  # (N,) int64 indices into group_names
    group_names: Sequence[str]
    skipped: list[Skipped]  # known bad before any item is opened

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of how the items are read, a line each."""
        ...

    def load(self, index: int) -> Any:
        """One item (a PIL image in RGB, upright; article and reference); raises ``Unreadable`` where it is not."""
        ...


class PictureSource(Source, Protocol):
    """A collection of pictures, which may know what edits do to the right answers."""

    @property
    def label_rules(self) -> tuple[LabelRule, ...]:
        """What edits do to items, by their labels; empty where nothing is known."""
        ...


class Unreadable(Exception):
    """One item cannot be read; its text is the reason."""


class Layout(NamedTuple):
    """How items belong together where they are rows of a table: each lies at one point and can be at no other."""

    cluster: np.ndarray  # (N,) int64: items of a cluster are alike, so that they count as one in every interval
    unit: np.ndarray  # (N,) int64: items of a unit are judged together; a unit lies in one cluster and at one point
    point: np.ndarray  # (N,) int64 row of the grid


@dataclass(frozen=True)
class Items:
    """Prepared items in memory, and what is known of each beside its content."""

    batch: Batch  # (N, ...) on the device of their target
    group: np.ndarray  # (N,) int64: class, topic, length, whatever they are grouped by; an index into group_names
    names: tuple[str, ...]  # (N,)
    held_out: np.ndarray  # (N,) bool, decided by a hash of the name alone, a copy's by that of its original
    group_names: tuple[str, ...] = ()
    group_of: np.ndarray | None = (
        None  # (C,) int64: group of each class, where classes are grouped; None where they are not
    )
    skipped: list[Skipped] = field(default_factory=list)
    notes: tuple[str, ...] = ()  # what the user should know of how they were read, a line each
    layout: Layout | None = None  # None where each stands for itself and can be edited to any point
    original: np.ndarray | None = None  # (N,) int64 first item of which each is a copy; None where none is one

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def digests(self) -> np.ndarray:
        """What each item is, whatever it is called: ``(N,)`` str that change with its content, group and place."""
        places = [self.group, *(self.layout or ())]
        parts = zip(self.batch.digests, np.stack(places, axis=1).astype(np.int64), strict=True)
        return np.array([blake2b(content + place.tobytes(), digest_size=8).hexdigest() for content, place in parts])

    @cached_property
    def fingerprint(self) -> str:
        """Twelve letters that change with names, groups and contents: what was learned of other items says nothing."""
        known = json.dumps([list(self.names), self.digests.tolist()])
        return hashlib.sha256(known.encode()).hexdigest()[:12]

    @property
    def distinct(self) -> np.ndarray:
        """``(N,)`` bool: without the copies, of which nothing new can be learned."""
        if self.original is None:
            return np.ones(len(self), bool)
        return np.asarray(self.original == np.arange(len(self)))

    @property
    def about_copies(self) -> tuple[str, ...]:
        """A sentence on how many items are copies of others; none where none is."""
        n_different = int(self.distinct.sum())
        if n_different == len(self):
            return ()
        n_copies = len(self) - n_different
        some = f"{n_copies:,} of the {len(self):,} items are copies of others, or nearly"
        return (f"{some}: there are {n_different:,} different ones, and copies count once",)


Prepared = tuple[Any, ...]  # the fields of one item: of a picture its pixels, of an article text and reference
Prepare = Callable[[Any], Prepared]
