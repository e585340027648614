"""Where two edits come together: which of the two a failure is put down to.

Every pair that holds a harmful edit fails. So that this is one finding and not one for each partner, a pair lies
beside that one of its two edits, made alone, that fails more often; where neither fails alone, the pair is a finding.

Shapes: ``P`` points, ``E`` edits, ``L`` strengths.
"""

from __future__ import annotations

import numpy as np

from failscape.concepts import ConceptSpace
from failscape.concepts.text.grid import edit_grid


def whole_axes(space: ConceptSpace) -> tuple[bool, ...]:
    """Axes without order that a region may take whole: the second edit of a pair, ``with anything``."""
    pairs = bool((edits := edit_grid(space)) and edits.pairs)
    return tuple(pairs and axis == 1 for axis in range(len(space.shape)))


def with_partners(space: ConceptSpace, beside: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """The neighbours of points, with pairs of edits beside the edit that explains them: ``(P, M) -> (P, M + N)``.

    Args:
        space: the grid; where it is not of pairs, neighbours stay as they are.
        beside: neighbours along the axes, -1 for none.
        rates: of failure, ``(P,)``.
    """
    if not ((edits := edit_grid(space)) and edits.pairs):
        return beside
    n_edits, _, n_levels = space.shape
    rows = np.arange(space.n_points).reshape(space.shape)
    alone = rates.reshape(space.shape)[:, 0].mean(axis=1)  # (E,)
    one, other = np.indices((n_edits, n_edits))
    parent = np.where(alone[one] >= alone[other], one, other)  # (E, E)
    children: list[list[int]] = [[] for _ in range(space.n_points)]
    for a, b, level in np.ndindex(n_edits, n_edits, n_levels):
        pair, single = int(rows[a, b + 1, level]), int(rows[parent[a, b], 0, level])
        children[pair].append(single)
        children[single].append(pair)
    width = max(map(len, children))
    return np.hstack([beside, [row + [-1] * (width - len(row)) for row in children]])
