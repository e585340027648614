"""The similarity that decides: cosine in float64, the same to the last bit however pairs are batched.

Shapes: ``N`` items, ``M`` pairs, ``F`` features.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, Protocol

import numpy as np

from failscape.errors import UsageError

PAIRS_AT_ONCE = 8192  # 100 MB of float64 at 768 features, for both of a pair
ROWS_AT_ONCE = 8192
SHORTEST, LONGEST = 1e-6, 1e6  # lengths of vectors whose products float32 holds: the screen is in it


class Vectors(Protocol):
    """``(N, F)``: an array, a memory map, or ``Embeddings``; only the rows that are asked for need be in memory."""

    @property
    def shape(self) -> tuple[int, ...]:
        """``(N, F)``."""
        ...

    def __len__(self) -> int: ...

    def __getitem__(self, rows: Any, /) -> Any: ...


def cosines(vectors: Vectors, first: np.ndarray, second: np.ndarray, others: Vectors | None = None) -> np.ndarray:
    """Cosine similarity of rows ``first`` of ``vectors`` and rows ``second`` of it, or of ``others``: ``(M,)`` float64.

    Rows are summed in a fixed order, so that a pair has one similarity.
    """
    others = vectors if others is None else others
    found = np.empty(len(first))
    for start in range(0, len(first), PAIRS_AT_ONCE):
        part = slice(start, start + PAIRS_AT_ONCE)
        found[part] = _cosine(_rows(vectors, first[part]), _rows(others, second[part]))
    return found


def check_vectors(vectors: Vectors, name: str, noun: str = "item") -> None:
    """Refuses what has no similarity, or one that low precision would miss.

    Args:
        vectors: ``(N, F)``.
        name: how messages call them.
        noun: how messages call one of them, before its place from 0.

    Raises:
        UsageError: no matrix, fewer than two rows, a value that is no number, a row of length 0 or of one that is not
            from ``SHORTEST`` to ``LONGEST``; names the first one.
    """
    if len(vectors.shape) != 2:
        raise UsageError(f"{name} gives {vectors.shape[1:]} values for each item; pairs need one vector, not tokens")
    if len(vectors) < 2:
        raise UsageError(
            f"pairs need two or more different items, and there {'is one' if len(vectors) else 'are none'}"
        )
    for start in range(0, len(vectors), ROWS_AT_ONCE):
        rows = _rows(vectors, slice(start, start + ROWS_AT_ONCE))
        bad = ~np.isfinite(rows).all(axis=1)
        if bad.any():
            raise UsageError(
                f"{name}: the vector of {noun} {start + int(bad.argmax())} holds values that are no numbers"
            )
        largest = np.abs(rows).max(axis=1, initial=0)
        empty = largest == 0
        if empty.any():
            raise UsageError(f"{name}: the vector of {noun} {start + int(empty.argmax())} is 0 and has no direction")
        lengths = largest * np.linalg.norm(rows / largest[:, None], axis=1)  # no square overflows
        outside = (lengths < SHORTEST) | (lengths > LONGEST)
        if outside.any():
            first = int(outside.argmax())
            raise UsageError(
                f"{name}: the vector of {noun} {start + first} has the length {lengths[first]:.3g}; "
                f"scale the vectors to lengths from {SHORTEST:g} to {LONGEST:g}"
            )


def digests(*encoders: Vectors) -> list[bytes]:
    """16 bytes for each item ``(N,)`` that change with any bit of its vectors."""
    found: list[bytes] = []
    for start in range(0, len(encoders[0]), ROWS_AT_ONCE):
        parts = [np.ascontiguousarray(vectors[start : start + ROWS_AT_ONCE]) for vectors in encoders]
        items = zip(*parts, strict=True)
        found += [blake2b(b"".join(row.tobytes() for row in item), digest_size=16).digest() for item in items]
    return found


def _rows(vectors: Vectors, rows: Any) -> np.ndarray:
    return np.asarray(vectors[rows], np.float64)


def _cosine(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    lengths = (one * one).sum(axis=1) * (other * other).sum(axis=1)
    found: np.ndarray = (one * other).sum(axis=1) / np.sqrt(lengths)
    return found
