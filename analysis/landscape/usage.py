"""How often edits happen in use: a distribution over the grid, from a line of text per concept.

Shapes: ``P`` points.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import numpy as np

from failscape.analysis.grids.view import view_of
from failscape.analysis.landscape.axis_shares import level_shares
from failscape.concepts import ConceptSpace
from failscape.errors import UsageError, did_you_mean


def usage_distribution(space: ConceptSpace, spec: Mapping[str, str | float]) -> np.ndarray:
    """Weights of the points in use, ``(P,)`` of sum 1, with concepts independent of each other.

    Args:
        space: the grid.
        spec: for each concept how its strength is distributed: ``normal(0, 5)``, ``uniform(0, 0.3)``,
            ``levels(0.5, 0.3, 0.2)`` (a share per level, brought to sum 1), or a number, which must be a level. A
            level stands for the strengths that are nearest to it. A concept that is not named stays at its identity.
            On a grid of edits of texts, how often each edit is made beside the others: ``lower-case=3, negate=1``.

    Raises:
        UsageError: a concept is unknown, a text says no distribution, the grid does not hold it, or nothing exists
            where it lies.
    """
    spec = view_of(space).usage(spec)
    for name in spec:
        if name not in space.names:
            raise UsageError(f"no concept {name!r} in the grid{did_you_mean(name, space.names)}")
    shares = [level_shares(concept, spec.get(concept.name)) for concept in space.concepts]
    weights = np.asarray(reduce(np.multiply.outer, shares)).ravel() * space.exists
    if not weights.any():
        raise UsageError(f"the grid {space} has nothing where this use lies: give shares to levels that go together")
    return weights / weights.sum() if space.missing else weights
