"""Batches of items, by what they are: pictures, articles, rows of numbers.

One class each, so that nobody else needs to ask what an item is.

Shapes: ``N`` items, ``F`` columns of a table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch

from failscape.common import arrays
from failscape.data.copies import originals_of_pictures, originals_of_texts

if TYPE_CHECKING:
    from typing_extensions import Self


class Batch(Protocol):
    """Items that a target is shown, all of one kind. A concept edits one of its fields."""

    def __len__(self) -> int:
        """Number of items."""
        ...

    @property
    def inputs(self) -> Any:
        """What a target is given, ``(N, ...)``: everything but the right answers."""
        ...

    @property
    def editable(self) -> tuple[str, ...]:
        """The fields that concepts may edit."""
        ...

    @property
    def right_answer(self) -> np.ndarray:
        """Code of the right answer of each item, ``(N,)`` int64: a class; 0 where answers are judged, not looked up."""
        ...

    @property
    def digests(self) -> list[bytes]:
        """16 bytes for each item that change with any of its content: pixels, words, numbers, right answer."""
        ...

    def originals(self) -> np.ndarray:
        """The first item of which each is a copy, or nearly; itself where it is none. ``(N,)`` int64."""
        ...

    def take(self, rows: np.ndarray) -> Self:
        """The items of some rows ``(B,)``, copied, in their order."""
        ...

    def put(self, rows: np.ndarray, items: Self) -> Self:
        """A copy with other items in some rows ``(B,)``."""
        ...

    def field(self, name: str) -> Any:
        """The field that a concept edits, ``(N, ...)``."""
        ...

    def with_field(self, name: str, values: Any) -> Self:
        """The same items with another content of one field."""
        ...

    def to(self, device: Any) -> Self:
        """The same items with their tensors on a device."""
        ...

    def frame(self, row: int) -> np.ndarray | None:
        """An item as a picture ``(H, W, 3)`` uint8; None where it is none."""
        ...


@dataclass(frozen=True)
class Columns:
    """What batches share: each field is a column, a tensor or an array of ``N`` rows."""

    @property
    def editable(self) -> tuple[str, ...]:
        """Every field."""
        return tuple(field.name for field in fields(self))

    def __len__(self) -> int:
        return len(self._columns()[0])

    def __getitem__(self, rows: slice) -> Self:
        return self._each(lambda column: column[rows])

    @property
    def digests(self) -> list[bytes]:
        """16 bytes for each item that change with any of its content."""
        parts = zip(*(arrays.digests(column) for column in self._columns()), strict=True)
        return [blake2b(b"".join(part), digest_size=16).digest() for part in parts]

    def originals(self) -> np.ndarray:
        """Each item itself: nothing is known of what makes two of them alike."""
        return np.arange(len(self))

    def take(self, rows: np.ndarray) -> Self:
        """The items of some rows ``(B,)``, copied, in their order."""
        return self._each(lambda column: arrays.take(column, rows))

    def put(self, rows: np.ndarray, items: Self) -> Self:
        """A copy with other items in some rows ``(B,)``."""
        both = zip(self._columns(), items._columns(), strict=True)
        return type(self)(*(arrays.put(column, rows, values) for column, values in both))

    def joined(self, other: Self) -> Self:
        """The items of both, one after the other."""
        return type(self)(*(arrays.joined(pair) for pair in zip(self._columns(), other._columns(), strict=True)))

    def field(self, name: str) -> Any:
        """The field of that name."""
        return getattr(self, name)

    def with_field(self, name: str, values: Any) -> Self:
        """The same items with another content of one field."""
        return replace(self, **{name: values})

    def to(self, device: Any) -> Self:
        """The same items with their tensors on a device."""
        return self._each(lambda column: arrays.to(column, device))

    def frame(self, row: int) -> np.ndarray | None:
        """None: no picture."""
        return None

    def _columns(self) -> tuple[Any, ...]:
        return tuple(getattr(self, field.name) for field in fields(self))

    def _each(self, change: Any) -> Self:
        return type(self)(*(change(column) for column in self._columns()))


@dataclass(frozen=True)
class Images(Columns):
    """Pictures and their true classes."""

    pixels: torch.Tensor  # (N, 3, H, W) uint8
    label: torch.Tensor  # (N,) int64, index of the true class

    @property
    def inputs(self) -> torch.Tensor:
        """The pixels."""
        return self.pixels

    @property
    def right_answer(self) -> np.ndarray:
        """The true classes."""
        return self.label.cpu().numpy()

    def originals(self) -> np.ndarray:
        """By what they show; see :func:`failscape.data.copies.originals_of_pictures`."""
        return originals_of_pictures(self.pixels, arrays.digests(self.pixels))

    def frame(self, row: int) -> np.ndarray | None:
        """A picture, ``(H, W, 3)`` uint8."""
        return np.ascontiguousarray(self.pixels[row].permute(1, 2, 0).cpu().numpy())


def _not_given() -> np.ndarray:
    return np.zeros(0, bool)


@dataclass(frozen=True)
class Articles(Columns):
    """Texts and what should be written of them, ``""`` where that is not known."""

    text: np.ndarray  # (N,) object of str
    reference: np.ndarray  # (N,) object of str
    kept: np.ndarray = field(default_factory=_not_given)  # (N,) bool: each reference was edited as its text was

    def __post_init__(self) -> None:
        if not len(self.kept):
            object.__setattr__(self, "kept", np.ones(len(self.text), bool))

    @property
    def inputs(self) -> np.ndarray:
        """The texts."""
        return self.text

    @property
    def right_answer(self) -> np.ndarray:
        """0: as it should be."""
        return np.zeros(len(self), np.int64)

    def originals(self) -> np.ndarray:
        """By their texts, whatever the references; see :func:`failscape.data.copies.originals_of_texts`."""
        return originals_of_texts(self.text)

    @property
    def editable(self) -> tuple[str, ...]:
        """Text and reference, each or both at once."""
        return ("text", "reference", "pair")

    @property
    def pair(self) -> np.ndarray:
        """Text and reference side by side, ``(N, 2)`` object: what an edit sees that changes both alike."""
        both = np.empty((len(self), 2), dtype=object)
        both[:, 0], both[:, 1] = self.text, self.reference
        return both

    def with_field(self, name: str, values: Any) -> Articles:
        """The same articles with another content of one field, or of text and reference at once."""
        if name == "pair":
            return Articles(values[:, 0].copy(), values[:, 1].copy(), self.kept)
        return replace(self, **{name: values})

    @classmethod
    def of(cls, pairs: Sequence[tuple[str, str]]) -> Articles:
        """From pairs of text and reference."""
        both = np.array([*pairs, ("", "")], dtype=object)[:-1]
        return cls(both[:, 0].copy(), both[:, 1].copy())


@dataclass(frozen=True)
class Answers(Columns):
    """Answers that were judged already, a row of a table each."""

    failed: np.ndarray  # (N,) bool
    also: np.ndarray  # (N,) int8 a second verdict: 1 failed, 0 held, -1 none
    score: np.ndarray  # (N,) float32 in [0, 1] how right it is: 1 or 0 where nothing but the verdict is known
    shown: np.ndarray  # (N,) object of tuples: what there is to read, (column, text) each

    @property
    def inputs(self) -> np.ndarray:
        """What there is to read."""
        return self.shown

    @property
    def right_answer(self) -> np.ndarray:
        """0: as it should be."""
        return np.zeros(len(self), np.int64)


@dataclass(frozen=True)
class Rows(Columns):
    """Rows of numbers and their true classes."""

    values: torch.Tensor  # (N, F)
    label: torch.Tensor  # (N,) int64, index of the true class

    @property
    def inputs(self) -> torch.Tensor:
        """The numbers."""
        return self.values

    @property
    def right_answer(self) -> np.ndarray:
        """The true classes."""
        return self.label.cpu().numpy()
