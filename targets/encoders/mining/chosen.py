"""Some rows of vectors, without a copy of them.

Shapes: ``N`` items, ``D`` of them, ``F`` features.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from failscape.targets.encoders.mining.similarity import Vectors


class Chosen:
    """Some rows of vectors ``(N, F)``, read as they are asked for: ``(D, F)``."""

    def __init__(self, vectors: Vectors, rows: np.ndarray) -> None:
        self.vectors, self.rows = vectors, rows
        self.shape = (len(rows), *vectors.shape[1:])

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, rows: Any) -> Any:
        return self.vectors[self.rows[rows]]
