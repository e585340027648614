"""Plain words for boxes of a product of concepts: ``prompt = count and rotation ≥ 10°``.

Shapes: ``M`` points of a region.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from failscape.analysis.grids.boxes import best_levels
from failscape.analysis.grids.listing import MAX_NAMED, PRECISE, either, listed
from failscape.concepts import Concept, ConceptSpace


def box_name(space: ConceptSpace, points: np.ndarray, among: Sequence[str] = ()) -> str:
    """The levels that fit a region best, without the axes that it covers whole.

    Args:
        space: the grid.
        points: rows of the grid ``(M,)``, at least one.
        among: what else is said of the region, first: ``class = stop``.
    """
    kept, precision = best_levels(space, points)
    parts = list(among)
    for concept, levels in zip(space.concepts, kept, strict=True):
        if len(levels) < len(concept.levels):
            parts.append(levels_name(concept, levels.tolist()))
    mostly = "mostly " if precision < PRECISE else ""
    return mostly + (" and ".join(parts) or ("any edit" if space.edits else "everywhere"))


def levels_name(concept: Concept, levels: Sequence[int]) -> str:
    """Some of a concept's levels, a run of them where they have an order.

    ``rotation ≥ 10°``, ``darken 0.2 to 0.3``, ``class = yield``; one value that only says which items: ``count = 1``.
    """
    if concept.categorical:
        return _choice(concept, levels)
    first, last, n = levels[0], levels[-1], len(concept.levels)
    if concept.selects and concept.edges is None and first == last:
        return f"{concept.name} = {concept.level_name(first)}"
    low, high = _ends(concept, first, last)
    if n > 1 and last == n - 1:
        return f"{concept.name} ≥ {concept.quantity(low)}"
    if n > 1 and first == 0:
        return f"{concept.name} ≤ {concept.quantity(high)}"
    if first == last:
        return concept.label(first)
    return f"{concept.name} {low:g} to {concept.quantity(high)}"


def _choice(concept: Concept, levels: Sequence[int]) -> str:
    """Levels without order by their names, or by those of the few others."""
    others = [concept.level_name(level) for level in range(len(concept.levels)) if level not in levels]
    if len(levels) > MAX_NAMED and len(others) < MAX_NAMED:
        return f"{concept.name} other than {listed(others, 'and')}"
    return f"{concept.name} = {either([concept.level_name(level) for level in levels])}"


def _ends(concept: Concept, first: int, last: int) -> tuple[float, float]:
    """Strengths that a run of levels reaches from and to; over a range, the borders of its cells."""
    if concept.edges is None:
        return float(concept.levels[first]), float(concept.levels[last])
    return float(concept.edges[first]), float(concept.edges[last + 1])
