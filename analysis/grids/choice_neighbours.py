"""What on a grid of edits belongs together: an edit and its pairs, an edit of articles of every topic.

Every pair that holds a harmful edit fails. So that this is one finding and not one for each partner, a pair lies
beside that one of its two edits, made alone, that fails more often; where neither fails alone, the pair is a finding.
Likewise an edit that fails for every topic is one finding, and one that fails for a single topic is one of that topic.

Shapes: ``P`` points, ``E`` edits, ``G`` groups, ``L`` strengths.
"""

from __future__ import annotations

import numpy as np

from failscape.analysis.grids.unordered import with_other_levels
from failscape.concepts.text.grid import EditGrid


def whole_axes(space: EditGrid) -> tuple[bool, ...]:
    """Axes without order that a region may take whole: the second edit of a pair, ``with anything``, and all topics."""
    wholes = {*range(space.edit_axis), *([space.edit_axis + 1] if space.pairs else [])}
    return tuple(axis in wholes for axis in range(len(space.shape)))


def with_choice_neighbours(space: EditGrid, neighbours: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """The neighbours of points, with those that belong together beside each other: ``(P, M) -> (P, M + N)``.

    Args:
        space: the grid; where it is neither of pairs nor sliced, neighbours stay as they are.
        neighbours: neighbours along the axes, -1 for none.
        rates: of failure, ``(P,)``.
    """
    if space.pairs:
        neighbours = np.hstack([neighbours, _explaining(space, rates)])
    if space.group:
        neighbours = with_other_levels(space, neighbours, [0])
    return neighbours


def _explaining(space: EditGrid, rates: np.ndarray) -> np.ndarray:
    """Beside a pair the edit alone that explains it, beside that edit its pairs: ``(P,) -> (P, N)``, -1 for none."""
    *_, n_edits, _, n_levels = space.shape
    rows = np.arange(space.n_points).reshape(-1, n_edits, 1 + n_edits, n_levels)  # a slice of groups first
    alone = rates[rows[:, :, 0]].mean(axis=(0, 2))  # (E,)
    one, other = np.indices((n_edits, n_edits))
    parent = np.where(alone[one] >= alone[other], one, other)  # (E, E)
    children: list[list[int]] = [[] for _ in range(space.n_points)]
    for group, a, b, level in np.ndindex(len(rows), n_edits, n_edits, n_levels):
        pair, single = int(rows[group, a, b + 1, level]), int(rows[group, parent[a, b], 0, level])
        children[pair].append(single)
        children[single].append(pair)
    width = max(map(len, children))
    return np.array([row + [-1] * (width - len(row)) for row in children])
