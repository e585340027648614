"""Spaces that one can walk: where a walk begins, the levels that it needs for that, and what one step leads to.

Shapes: ``M`` points, ``K`` concepts.
"""

from __future__ import annotations

import numpy as np

from failscape.concepts.base import Concept
from failscape.concepts.space import ConceptSpace
from failscape.errors import UsageError


def origin(space: ConceptSpace) -> np.ndarray:
    """The point of a lattice where every concept is at its identity, ``(K,)``.

    Raises:
        UsageError: a concept has no identity, or it is not among its levels.
    """
    return np.array([_identity_level(concept) for concept in space.concepts], np.int64)


def lattice(space: ConceptSpace) -> ConceptSpace:
    """The space with a level that changes nothing among those of each concept, so that walks can begin there."""
    return ConceptSpace([concept.with_identity() for concept in space.concepts], space.order)


def steps_between(space: ConceptSpace, points: np.ndarray, home: np.ndarray) -> np.ndarray:
    """Steps from ``home`` ``(K,)`` to points by concept, ``(M, K) -> (M, K)``: levels, or one where they are unordered.

    Levels without order are one step from each other.
    """
    apart = np.abs(points - home)
    unordered = np.array([concept.categorical for concept in space.concepts], bool)
    return np.where(unordered, np.minimum(apart, 1), apart)


def neighbours(space: ConceptSpace, point: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The points one step away, axis by axis."""
    found = []
    for k, concept in enumerate(space.concepts):
        n, level = len(concept.levels), point[k]
        others = range(n) if concept.categorical else (level - 1, level + 1)
        found += [(*point[:k], other, *point[k + 1 :]) for other in others if 0 <= other < n and other != level]
    return found


def _identity_level(concept: Concept) -> int:
    found = [] if concept.identity is None else np.flatnonzero(concept.levels == concept.identity).tolist()
    if not found:
        raise UsageError(f"{concept.name} has no level that changes nothing, so no walk can begin there; leave it out")
    return int(found[0])
