"""What edits promise of the reference summary, over the points of any grid.

Shapes: ``B`` batch, ``K`` axes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from failscape.concepts.space import UNEDITED, ConceptSpace
from failscape.concepts.text.base import TextConcept
from failscape.concepts.text.grid import PROMISES, EditGrid


def promises_of(space: ConceptSpace) -> Callable[[np.ndarray], np.ndarray]:
    """A function from points ``(B, K)`` to the weakest promise among the edits made there ``(B,)`` str."""
    return space.keeps if isinstance(space, EditGrid) else lambda points: _weakest(space, points)


def _weakest(space: ConceptSpace, points: np.ndarray) -> np.ndarray:
    weakest = np.zeros(len(points), np.int64)
    for concept, levels in zip(space.concepts, points.T, strict=True):
        if isinstance(concept, TextConcept):
            made = (levels != UNEDITED) & (concept.levels[levels] != concept.identity)
            weakest = np.maximum(weakest, np.where(made, PROMISES.index(concept.keeps), 0))
    return np.array(PROMISES, object)[weakest]
