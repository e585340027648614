"""Items by their group, for grids on which the agent also chooses the group."""

from __future__ import annotations

import numpy as np

from failscape.data.base import Items


class ItemsByGroup:
    """Items by group, on either side of the split."""

    def __init__(self, items: Items) -> None:
        self.items = items
        self.rank = np.zeros(len(items), np.int64)
        self.of: dict[tuple[bool, int], np.ndarray] = {}
        for side in (False, True):
            self.rank[items.held_out == side] = np.arange((items.held_out == side).sum())
            for group in np.unique(items.group):
                self.of[side, int(group)] = np.flatnonzero((items.held_out == side) & (items.group == group))

    def like(self, items: np.ndarray, groups: np.ndarray) -> np.ndarray:
        """For each item one of the group, from its side of the split: ``(B,), (B,) -> (B,)``.

        A function of the item drawn, so that an even draw of items is an even draw within each group.
        """
        pools = [self.of[bool(self.items.held_out[i]), int(g)] for i, g in zip(items, groups, strict=True)]
        return np.array([pool[self.rank[i] % len(pool)] for i, pool in zip(items, pools, strict=True)], np.int64)
