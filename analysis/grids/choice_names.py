"""Plain words for boxes of a grid of edits: ``lower-case 50 % to 100 %``, ``word-order, followed by negate``."""

from __future__ import annotations

from collections.abc import Sequence

from failscape.analysis.grids.listing import listed
from failscape.analysis.grids.product_names import edge, levels_name
from failscape.concepts.text.base import TextConcept
from failscape.concepts.text.grid import EditGrid

Levels = Sequence[int]


def edit_names(space: EditGrid, box: Sequence[Levels]) -> list[str]:
    """Whose articles, what edits a box holds and how strong, in words; nothing where it is the whole grid.

    Args:
        space: the grid.
        box: levels of each axis.
    """
    axis, strengths = space.edit_axis, box[-1]
    said = []
    if space.group and len(box[0]) < space.shape[0]:
        said.append(levels_name(space.group, box[0]))
    first = _edits_name(space, box[axis], strengths)
    if space.pairs and len(box[axis + 1]) < space.shape[axis + 1]:
        first = f"{first or 'any edit'}{_second_name(space, box[axis + 1], strengths)}"
    return [*said, first] if first else said


def _edits_name(space: EditGrid, edits: Levels, strengths: Levels) -> str:
    """The first edit; empty where it may be any at any strength."""
    if len(edits) < len(space.edits):
        return listed([spoken(space.edits[k], strengths[0], strengths[-1]) for k in edits], "or")
    n = space.shape[-1]
    if len(strengths) == n:
        return ""
    span = " to ".join(str(level + 1) for level in sorted({strengths[0], strengths[-1]}))
    return f"any edit at strength {span} of {n}"


def _second_name(space: EditGrid, also: Levels, strengths: Levels) -> str:
    """The second edit of a pair; 0 stands for none."""
    names = [spoken(space.edits[k - 1], strengths[0], strengths[-1]) for k in also if k]
    if not names:
        return " alone"
    if len(names) == len(space.edits):
        return ", followed by another"
    return f"{', alone or' if 0 in also else ','} followed by {listed(names, 'or')}"


def spoken(edit: TextConcept, first: int, last: int) -> str:
    """Levels ``first`` to ``last`` of an edit: ``lower-case 50 % to 100 %``; its name alone where they are all."""
    if (first, last) == (0, len(edit.levels) - 1):
        return edit.name
    if first == last:
        return f"{edit.label(first)}{edge(edit, first, last)}"
    return f"{edit.name} {edit.level_name(first)} to {edit.level_name(last)}{edge(edit, first, last)}"
