"""Plain words for boxes of a product of concepts: ``prompt = count``, ``rotation 10 to 20°``."""

from __future__ import annotations

from collections.abc import Sequence

from failscape.analysis.grids.listing import listed
from failscape.concepts import Concept, ConceptSpace

FEW = 3  # levels without order that a name may leave out by name


def box_names(space: ConceptSpace, box: Sequence[Sequence[int]]) -> list[str]:
    """The levels of each axis that a box does not hold whole, in words.

    Args:
        space: the grid.
        box: levels of each axis, a run of them where they have an order.
    """
    axes = zip(space.concepts, box, strict=True)
    return [levels_name(concept, levels) for concept, levels in axes if len(levels) < len(concept.levels)]


def levels_name(concept: Concept, levels: Sequence[int]) -> str:
    """Some of a concept's levels, and whether they end where the tests did.

    ``rotation -10 to 10°``, ``rotation 30° (the largest tested)``, ``class = yield``, ``count = 1``.
    """
    if concept.categorical:
        return _choice(concept, levels)
    first, last = levels[0], levels[-1]
    if concept.selects and concept.edges is None and first == last:
        return f"{concept.name} = {concept.level_name(first)}"
    low, high = ends(concept, first, last)
    span = concept.label(first) if first == last else f"{concept.name} {low:g} to {concept.quantity(high)}"
    return span if concept.selects else f"{span}{edge(concept, first, last)}"


def edge(concept: Concept, first: int, last: int) -> str:
    """What a name adds where levels end at the edge of what was tested, away from unedited; else empty.

    Not where more would make no sense: ``100 %`` of the words.
    """
    (low, high), same = ends(concept, first, last), concept.identity
    is_largest = last == len(concept.levels) - 1 and high != concept.limits[1] and (same is None or high > same)
    is_smallest = first == 0 and low != concept.limits[0] and (same is None or low < same)
    if not (is_largest or is_smallest):
        return ""
    which, level, strength = ("largest", last, high) if is_largest else ("smallest", first, low)
    named = concept.level_name(level) if concept.edges is None else concept.quantity(strength)
    return f" (the {which} tested)" if first == last else f" ({named} is the {which} tested)"


def _choice(concept: Concept, levels: Sequence[int]) -> str:
    """Levels without order by their names, or by those of the few others."""
    others = [concept.level_name(level) for level in range(len(concept.levels)) if level not in levels]
    if len(others) <= FEW < len(levels):
        return f"{concept.name} other than {listed(others, 'or')}"
    return f"{concept.name} = {listed([concept.level_name(level) for level in levels], 'or')}"


def ends(concept: Concept, first: int, last: int) -> tuple[float, float]:
    """Strengths that a run of levels reaches from and to; over a range, the borders of its cells."""
    if concept.edges is None:
        return float(concept.levels[first]), float(concept.levels[last])
    return float(concept.edges[first]), float(concept.edges[last + 1])
