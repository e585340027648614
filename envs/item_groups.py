"""Which item is shown where the axes of the grid say which items: its group, or the very point at which it lies.

Shapes: ``B`` batch, ``N`` items, ``K`` axes of the grid, ``M`` pairs of item and point.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from failscape.concepts import ConceptSpace
from failscape.data.base import Items


class ItemChoice(Protocol):
    """Which items suit which points."""

    def like(self, items: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For each item drawn one that suits its point, and the point: ``(B,), (B, K) -> (B,), (B, K)``.

        It is from the same side of the split, and a function of the item drawn, so that an even draw of items is an
        even draw of those that suit a point.
        """
        ...

    def pairs(self, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Items and rows of the grid, each item with every point that it suits: ``(N,) -> (M,), (M,)``."""
        ...


def choice_of(items: Items, space: ConceptSpace) -> ItemChoice:
    """What the items and the grid say."""
    if items.layout is not None:
        return ItemsAtPoints(items, space)
    return ItemsByGroup(items, space) if space.group_axis is not None else AnyItem(space)


class AnyItem:
    """Every item suits every point."""

    def __init__(self, space: ConceptSpace) -> None:
        self.space = space

    def like(self, items: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same."""
        return items, points

    def pairs(self, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """All of them, point by point."""
        points, which = np.divmod(np.arange(self.space.n_points * len(items)), len(items))
        return items[which], points


class ItemsByGroup:
    """An axis of the grid chooses the item's group."""

    def __init__(self, items: Items, space: ConceptSpace) -> None:
        self.items, self.space = items, space
        self.rank = np.zeros(len(items), np.int64)
        self.of: dict[tuple[bool, int], np.ndarray] = {}
        for side in (False, True):
            self.rank[items.held_out == side] = np.arange((items.held_out == side).sum())
            for group in np.unique(items.group):
                self.of[side, int(group)] = np.flatnonzero((items.held_out == side) & (items.group == group))

    def like(self, items: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Items of the groups that the points choose."""
        axis = self.space.group_axis
        assert axis is not None
        groups = self.space.concepts[axis].levels[points[:, axis]].astype(np.int64)
        pools = [self.of[bool(self.items.held_out[i]), int(g)] for i, g in zip(items, groups, strict=True)]
        chosen = [pool[self.rank[i] % len(pool)] for i, pool in zip(items, pools, strict=True)]
        return np.array(chosen, np.int64), points

    def pairs(self, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Each item with the points of its group."""
        items, points = AnyItem(self.space).pairs(items)
        fits = self.space.suits(self.space.point(points), self.items.group[items])
        return items[fits], points[fits]


class ItemsAtPoints:
    """Each item lies at one point. A point at which none lies stands for the next one at which some do."""

    def __init__(self, items: Items, space: ConceptSpace) -> None:
        assert items.layout is not None
        self.home, self.space, self.held_out = items.layout.point, space, items.held_out
        self.rank = np.zeros(len(items), np.int64)
        self._sides = [_Side(self.home, np.flatnonzero(self.held_out == side), space.n_points) for side in (0, 1)]
        for side in self._sides:
            self.rank[side.items] = np.arange(len(side.items))

    def like(self, items: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """An item at each point, with the point at which it lies."""
        rows, chosen = self.space.index(points), items.copy()
        for which, side in enumerate(self._sides):
            here = self.held_out[items] == which
            chosen[here] = side.at(rows[here], self.rank[items[here]])
        return chosen, self.space.point(self.home[chosen])

    def pairs(self, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Each item with its point, point by point."""
        items = items[np.argsort(self.home[items], kind="stable")]
        return items, self.home[items]


class _Side:
    """The items on one side of the split, by point."""

    def __init__(self, home: np.ndarray, items: np.ndarray, n_points: int) -> None:
        self.items = items
        self._sorted = items[np.argsort(home[items], kind="stable")]
        counts = np.bincount(home[items], minlength=n_points)
        filled = np.flatnonzero(counts)
        self._counts, self._starts = counts, np.cumsum(counts) - counts
        # The next filled point of each, the first one again after the last.
        self._next = (
            filled[np.searchsorted(filled, np.arange(n_points)) % max(len(filled), 1)] if len(filled) else counts
        )

    def at(self, rows: np.ndarray, ranks: np.ndarray) -> np.ndarray:
        """An item at each row of the grid, by the rank of the item drawn: ``(B,), (B,) -> (B,)``."""
        rows = self._next[rows]
        return self._sorted[self._starts[rows] + ranks % np.maximum(self._counts[rows], 1)]
