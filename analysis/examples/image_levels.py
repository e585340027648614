"""What each concept does, as a strip of pictures: one item at every level.

Shapes: ``B`` images, ``L`` pictures of a strip, ``H, W`` image size.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from failscape.analysis.examples.image_example import to_hwc
from failscape.analysis.examples.levels import meaning
from failscape.concepts import ConceptSpace
from failscape.concepts.space import UNEDITED
from failscape.data.batch import Batch

MAX_LEVELS = 10  # shown; of more, so many that lie evenly apart


@dataclass(frozen=True)
class Strip:
    """One item, unedited and at the levels of one concept, the others left alone."""

    concept: str
    unit: str
    meaning: str  # a sentence or two
    labels: tuple[str, ...]  # (L,), the first is ``unedited``
    pictures: np.ndarray  # (L, H, W, 3) uint8
    n_levels: int  # of the concept, shown or not


def concept_strips(pictures: Batch, space: ConceptSpace) -> list[Strip]:
    """A strip for each concept, of ``B`` items with ``pixels``; the concepts take them in turn."""
    return [_strip(pictures, axis % len(pictures), space, axis) for axis in range(len(space.concepts))]


def _strip(pictures: Batch, row: int, space: ConceptSpace, axis: int) -> Strip:
    concept = space.concepts[axis]
    n_levels = len(concept.levels)
    shown = np.unique(np.linspace(0, n_levels - 1, min(n_levels, MAX_LEVELS)).round().astype(np.int64))
    points = np.full((len(shown) + 1, len(space.concepts)), UNEDITED, np.int64)
    points[1:, axis] = shown
    edited = space.apply(pictures.take(np.full(len(points), row)), points).field("pixels")
    labels = tuple(space.label(point) for point in points)
    return Strip(concept.name, concept.unit, meaning(concept), labels, to_hwc(edited), n_levels)
