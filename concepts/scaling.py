"""Where levels and strengths of one concept lie between -1 and 1.

Shapes: ``B`` and ``M`` batch.
"""

from __future__ import annotations

import numpy as np

from failscape.concepts.base import Concept
from failscape.errors import UsageError

UNEDITED = -1  # level index of a concept that is not applied at all


def scaled(concept: Concept, levels: np.ndarray) -> np.ndarray:
    """Columns of one concept: ``(B,) -> (B, 1)``, or a column per level where they have no order."""
    n = len(concept.levels)
    if concept.categorical:
        return (levels[:, None] == np.arange(n)).astype(np.float32)
    scaled = np.where(levels == UNEDITED, 0.0, 2 * levels / max(n - 1, 1) - (n > 1))
    return scaled[:, None].astype(np.float32)


def located(concept: Concept, strengths: np.ndarray) -> np.ndarray:
    """Columns of one concept: ``(M,) -> (M, 1)``, linear between levels, or between the borders of cells."""
    if concept.categorical:
        return (strengths[:, None] == concept.levels).astype(np.float32)
    known, n = concept.levels if concept.edges is None else concept.edges, len(concept.levels)
    if not ((known[0] <= strengths) & (strengths <= known[-1])).all():
        raise UsageError(f"{concept.name} was explored from {known[0]:g} to {known[-1]:g}; nothing is known beyond")
    ranks = np.interp(strengths, known, np.arange(len(known)) - (0.0 if concept.edges is None else 0.5))
    return (2 * ranks / max(n - 1, 1) - (n > 1))[:, None].astype(np.float32)
