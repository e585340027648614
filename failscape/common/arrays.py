"""Columns of a batch, tensors or arrays, handled alike: the one place that asks which of the two a column is.

Shapes: ``N`` rows, ``B`` chosen rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
import torch

Column = Any  # a tensor or an array; the first axis is the batch


def take(column: Column, rows: np.ndarray) -> Column:
    """Rows ``(B,)`` of a column ``(N, ...)``, copied, in their order."""
    if isinstance(column, torch.Tensor):
        return column.index_select(0, torch.tensor(rows).to(column.device))
    return column[rows]


def put(column: Column, rows: np.ndarray, values: Column) -> Column:
    """A copy of a column ``(N, ...)`` with ``values`` ``(B, ...)`` in some rows ``(B,)``."""
    changed = column.clone() if isinstance(column, torch.Tensor) else column.copy()
    changed[rows] = values
    return changed


def to(column: Column, device: Any) -> Column:
    """A tensor on ``device``; an array as it is."""
    return column.to(device) if isinstance(column, torch.Tensor) else column


def joined(parts: Sequence[Column]) -> Column:
    """Columns one after the other: ``(N1, ...), (N2, ...), ... -> (N1 + N2 + ..., ...)``."""
    return torch.cat(list(parts)) if isinstance(parts[0], torch.Tensor) else np.concatenate(parts)


def room(n: int, first: Any) -> Column:
    """An empty column for ``n`` values like ``first``: of a tensor's shape and type, or of objects."""
    if isinstance(first, torch.Tensor):
        return first.new_empty((n, *first.shape))
    return np.empty(n, dtype=object)


def digests(column: Column) -> list[bytes]:
    """16 bytes for each row of a column ``(N, ...)`` that change with any value of the row."""
    if isinstance(column, torch.Tensor):
        column = column.detach().cpu().contiguous().numpy()
    kind = f"{column.dtype} {column.shape[1:]}".encode()
    return [_digest(kind, row) for row in column]


def _digest(kind: bytes, row: Any) -> bytes:
    known = blake2b(kind, digest_size=16)
    if isinstance(row, np.ndarray | np.generic):
        known.update(np.ascontiguousarray(row).data)
    else:
        known.update(str(row).encode("utf-8", "surrogatepass"))
    return known.digest()
