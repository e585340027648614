"""Embeddings that lie on the disk, read as one reads an array.

Shapes: ``N`` items in order, ``M`` chosen items, ``F`` features (or ``T, F`` of tokens).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from failscape.common.safe_open import regular
from failscape.errors import UsageError

OPEN_SHARDS = 64  # memory maps that are kept open


class Embeddings:
    """``(N, F)`` rows of a cache folder; indexing copies the rows that are asked for, and no others, into memory.

    Args:
        folder: With the shards.
        rows: The row of each item ``(N,)`` int64; items of one content share it.
        shape: Of a row, ``(F,)`` or ``(T, F)``.
        dtype: Of the rows.
        room: Rows of each shard.
    """

    def __init__(self, folder: Path, rows: np.ndarray, shape: tuple[int, ...], dtype: np.dtype[Any], room: int) -> None:
        self.folder, self.rows, self.dtype, self.room = folder, rows, dtype, room
        self.shape = (len(rows), *shape)
        self._shard = lru_cache(OPEN_SHARDS)(self._open)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, items: Any) -> np.ndarray:
        """The embeddings of an item ``(F,)``, or of a slice, a mask or an array of items ``(M, F)``."""
        chosen = np.atleast_1d(self.rows[items])
        found = np.empty((len(chosen), *self.shape[1:]), self.dtype)
        shards = chosen // self.room
        for number in np.unique(shards):
            here = shards == number
            found[here] = self._shard(int(number))[chosen[here] % self.room]
        return found if np.ndim(self.rows[items]) else found[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return self[:].astype(dtype or self.dtype, copy=False)

    def batches(self, size: int) -> Iterator[np.ndarray]:
        """The embeddings in order, ``(size, F)`` at a time."""
        for start in range(0, len(self), size):
            yield self[start : start + size]

    def _open(self, number: int) -> np.ndarray:
        path = self.folder / f"{number:05d}.npy"
        try:
            shard = np.load(regular(path), mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise UsageError(f"{path} is damaged or gone ({error}); remove {self.folder} and start again") from None
        if shard.shape != (self.room, *self.shape[1:]) or shard.dtype != self.dtype:
            raise UsageError(f"{path} is damaged: {shard.shape} {shard.dtype}; remove {self.folder} and start again")
        return shard
