"""Spaces that one can walk: where a walk begins, and the levels that it needs for that.

Shapes: ``K`` concepts.
"""

from __future__ import annotations

import copy

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


def _identity_level(concept: Concept) -> int:
    found = [] if concept.identity is None else np.flatnonzero(concept.levels == concept.identity).tolist()
    if not found:
        raise UsageError(f"{concept.name} has no level that changes nothing, so no walk can begin there; leave it out")
    return int(found[0])


def lattice(space: ConceptSpace) -> ConceptSpace:
    """The space with the strength that changes nothing among each concept's levels, so that walks can begin there."""
    return ConceptSpace([_with_identity(concept) for concept in space.concepts], space.order)


def _with_identity(concept: Concept) -> Concept:
    if concept.categorical:
        raise UsageError(f"the levels of {concept.name} have no order, so no walk can step along them; leave it out")
    if concept.identity is None or (concept.edges is None and concept.identity in concept.levels):
        return concept
    walked = copy.copy(concept)
    walked.levels, walked.edges = np.union1d(concept.levels, [concept.identity]), None
    return walked
