"""Plain words for edits of texts and regions of them: ``lower-case from 50 %``, ``word-order with negate``.

Shapes: ``M`` points, ``K`` axes.
"""

from __future__ import annotations

import numpy as np

from failscape.analysis.grids.listing import PRECISE, either
from failscape.concepts.text.base import TextConcept
from failscape.concepts.text.grid import EditGrid

ALONE = -1  # where there is no second edit
Pair = tuple[int, int]  # an edit, and the one after it or ALONE


def edits_name(space: EditGrid, points: np.ndarray) -> str:
    """A region of a grid of edits.

    Args:
        space: the grid.
        points: its rows ``(M,)``, at least one.
    """
    groups = np.unique(space.point(points)[:, 0]) if space.group else np.zeros(1, np.int64)
    reach = _reach(space, points)
    said = len(groups) * sum(last - first + 1 for first, last in reach.values())
    mostly = "mostly " if len(points) < PRECISE * said else ""
    if space.group and len(groups) < space.shape[0]:
        names = [space.group.class_names[k] for k in groups]
        return f"{space.group.name} = {either(names)} and {mostly}{_pairs_name(space, reach)}"
    return mostly + _pairs_name(space, reach)


def _pairs_name(space: EditGrid, reach: dict[Pair, tuple[int, int]]) -> str:
    shared = [k for k in range(len(space.edits)) if all(k in pair for pair in reach)]
    if len(reach) == 1 or not shared:
        names = [_pair_name(space, pair, *ends) for pair, ends in reach.items()]
        return either(names)
    return _family_name(space, shared[0], reach)


def spoken(edit: TextConcept, first: int, last: int) -> str:
    """Levels ``first`` to ``last`` of an edit: ``lower-case from 50 %``; its name alone where they are all."""
    n, low, high = len(edit.levels), edit.level_name(first), edit.level_name(last)
    if (first, last) == (0, n - 1):
        return edit.name
    if first == last:
        return edit.label(first)
    if last == n - 1:
        return f"{edit.name} from {low}"
    return f"{edit.name} up to {high}" if first == 0 else f"{edit.name} {low} to {high}"


def _reach(space: EditGrid, points: np.ndarray) -> dict[Pair, tuple[int, int]]:
    """First and last level of every pair of edits among the points."""
    rows = space.point(points)
    first_edit, *others = space.chosen(rows)
    also = others[0] if others else np.full(len(rows), ALONE)
    found: dict[Pair, tuple[int, int]] = {}
    for pair, level in zip(zip(first_edit.tolist(), also.tolist(), strict=True), rows[:, -1].tolist(), strict=True):
        first, last = found.get(pair, (level, level))
        found[pair] = min(first, level), max(last, level)
    return found


def _pair_name(space: EditGrid, pair: Pair, first: int, last: int) -> str:
    one = spoken(space.edits[pair[0]], first, last)
    return one if pair[1] == ALONE else f"{one} with {spoken(space.edits[pair[1]], first, last)}"


def _family_name(space: EditGrid, edit: int, reach: dict[Pair, tuple[int, int]]) -> str:
    """Pairs that have one edit in common."""
    ends = [end for span in reach.values() for end in span]
    own = spoken(space.edits[edit], min(ends), max(ends))
    neighbours = list(dict.fromkeys(one if other == edit else other for one, other in reach))
    names = [space.edits[k].name for k in neighbours if k not in (ALONE, edit)]
    if len(reach) >= PRECISE * 2 * len(space.edits) or len(names) >= PRECISE * (len(space.edits) - 1):
        return f"{own} with anything"
    return f"{own}, alone or with {either(names)}" if ALONE in neighbours and names else f"{own} with {either(names)}"
