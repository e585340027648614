"""Where failures are on a grid of which no axis has an order, such as slots of a prompt: conjunctions of levels.

Nothing is beside anything else there, so what stands out has no shape but the levels that it shares.

Shapes: ``P`` points, ``K`` axes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from failscape.concepts import ConceptSpace

PRECISION = 0.8  # share of a conjunction's points that stand out
MAX_AXES = 3  # of a conjunction; beside them single points


def is_unordered(space: ConceptSpace) -> bool:
    """Whether no axis of the grid has an order, and none chooses the group of items."""
    return space.group_axis is None and all(concept.categorical for concept in space.concepts)


def conjunctions(shape: Sequence[int], exists: np.ndarray, stands: np.ndarray) -> list[np.ndarray]:
    """Conjunctions that cover the points which stand out: rows of a grid of ``shape``, the largest first.

    The one that holds most of what is not covered is taken, then the next, until nothing is left. At least 80 % of
    its points stand out; of equals the one that fixes fewer axes is taken.

    Args:
        shape: levels of each axis ``(K,)``.
        exists: which points there are, ``(P,)`` bool.
        stands: which stand out, ``(P,)`` bool.
    """
    left, found = stands & exists, []
    grid = np.stack([axis.ravel() for axis in np.indices(tuple(shape))], axis=1)
    while left.any():
        region = _largest(shape, grid, stands & exists, left, exists)
        found.append(region)
        left[region] = False
    return found


def _largest(
    shape: Sequence[int], grid: np.ndarray, stands: np.ndarray, left: np.ndarray, exists: np.ndarray
) -> np.ndarray:
    best, most = np.flatnonzero(left)[:1], 1
    for size in range(1, min(len(shape), MAX_AXES + 1)):
        for axes in combinations(range(len(shape)), size):
            box = np.ravel_multi_index(grid[:, axes].T, [shape[axis] for axis in axes])
            n_boxes = int(box.max()) + 1
            total, high, new = (np.bincount(box[some], minlength=n_boxes) for some in (exists, stands, left))
            gain = np.where(high >= PRECISION * np.maximum(total, 1), new, 0)
            if gain.max() > most:
                best, most = np.flatnonzero((box == gain.argmax()) & exists), int(gain.max())
    return best
