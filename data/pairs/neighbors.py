"""The pictures of a corpus that are nearest to each of them, by an encoder's vectors.

Shapes: ``N`` pictures, ``F`` features, ``K`` neighbors, ``H, W`` picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

ROWS_AT_ONCE = 1024


@dataclass(frozen=True)
class Neighborhood:
    """Pictures, their scenes where they are scenes, and who is near whom; what one picture knows is ``Near``."""

    pixels: torch.Tensor  # (N, 3, H, W) uint8
    scene: np.ndarray  # (N,) object of TrafficFactors, or of None
    order: np.ndarray  # (N, K) int64 rows of the pictures that are nearest to each, the nearest first

    def column(self) -> np.ndarray:
        """Every picture as it is: ``(N,)`` object of ``Near``."""
        found = np.empty(len(self.order), object)
        found[:] = [Near(self, row) for row in range(len(self.order))]
        return found


class Near(NamedTuple):
    """A picture, or the one in its place."""

    among: Neighborhood
    item: int  # row of the picture
    rank: int = 0  # of the neighbor in its place, from 1; 0 for the picture itself

    @property
    def shown(self) -> int:
        """Row of the picture that is shown."""
        return int(self.among.order[self.item, self.rank - 1]) if self.rank else self.item


def nearest(vectors: torch.Tensor, pool: np.ndarray, k: int) -> np.ndarray:
    """Rows of the ``k`` pictures of the pool that are nearest to each picture, without itself: ``(N, K)`` int64.

    Args:
        vectors: of unit length ``(N, F)``; of equal similarities the earlier row comes first.
        pool: which pictures can be neighbors ``(N,)`` bool, more than ``k`` of them.
        k: neighbors.
    """
    rows = np.flatnonzero(pool)
    found = []
    for start in range(0, len(vectors), ROWS_AT_ONCE):
        own = np.arange(start, min(start + ROWS_AT_ONCE, len(vectors)))
        similarity = vectors[own].double() @ vectors[rows].double().T
        similarity[torch.from_numpy(own[:, None] == rows)] = -torch.inf
        found.append(rows[similarity.argsort(dim=1, descending=True, stable=True)[:, :k].numpy()])
    return np.concatenate(found)
