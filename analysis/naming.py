"""Plain words for a region: ``rotation ≥ 10° and darken ≥ 0.4, arrows worst``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from failscape.analysis.boxes import best_box
from failscape.analysis.edit_names import PRECISE, edits_name
from failscape.concepts import Concept, ConceptSpace
from failscape.concepts.text.grid import edit_grid


def region_name(
    space: ConceptSpace,
    points: np.ndarray,
    classes: Sequence[str] = (),
    worst: Sequence[str] = (),
    noun: str = "class",
) -> str:
    """The shortest name of a region: its best box, without the axes that it covers whole; of edits, which and how far.

    Args:
        space: the grid.
        points: rows of the grid ``(M,)``, at least one.
        classes: the only true classes that fail there; all where empty.
        worst: classes that fail there more than the others.
        noun: what a class is called here.
    """
    parts = [f"{noun} = {listed(classes, 'or')}"] if len(classes) else []
    edits = edit_grid(space)
    name = " and ".join([*parts, edits_name(edits, points)]) if edits else _box_name(space, points, parts)
    return f"{name}, {listed(worst, 'and')} worst" if len(worst) else name


def _box_name(space: ConceptSpace, points: np.ndarray, parts: list[str]) -> str:
    box, precision = best_box(space, points)
    parts = list(parts)
    for concept, (first, last) in zip(space.concepts, box.tolist(), strict=True):
        if last - first + 1 < len(concept.levels):
            parts.append(interval_name(concept, first, last))
    mostly = "mostly " if precision < PRECISE else ""
    return mostly + (" and ".join(parts) or "any edit")


def interval_name(concept: Concept, first: int, last: int) -> str:
    """Levels ``first`` to ``last`` of a concept: ``rotation ≥ 10°``, ``darken 0.2 to 0.3``, ``class = yield``."""
    if concept.categorical:
        labels = [concept.label(level).removeprefix(f"{concept.name} ") for level in range(first, last + 1)]
        return f"{concept.name} = {listed(labels, 'or')}"
    if len(concept.levels) > 1 and last == len(concept.levels) - 1:
        return f"{concept.name} ≥ {_quantity(concept, _ends(concept, first, last)[0])}"
    if len(concept.levels) > 1 and first == 0:
        return f"{concept.name} ≤ {_quantity(concept, _ends(concept, first, last)[1])}"
    if first == last:
        return concept.label(first)
    low, high = _ends(concept, first, last)
    return f"{concept.name} {low:g} to {_quantity(concept, high)}"


def listed(words: Sequence[str], link: str) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    *most, last = words
    return f"{', '.join(most)} {link} {last}" if most else last


def _ends(concept: Concept, first: int, last: int) -> tuple[float, float]:
    """Strengths that a run of levels reaches from and to; over a range, the borders of its cells."""
    edges = getattr(concept, "edges", None)
    if edges is None:
        return float(concept.levels[first]), float(concept.levels[last])
    return float(edges[first]), float(edges[last + 1])


def _quantity(concept: Concept, strength: float) -> str:
    unit = "°" if concept.unit == "deg" else f" {concept.unit}" if concept.unit else ""
    return f"{strength:g}{unit}"
