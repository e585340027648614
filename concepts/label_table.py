"""What the edits of a grid do to the right answers of items, point by point and class by class.

Shapes: ``B`` batch, ``K`` concepts of the grid, ``J`` concepts that rules speak of, ``S`` combinations of their levels
(with one more level each, for a concept that is not applied), ``C`` classes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch
from scipy.spatial import KDTree

from failscape.common.label_rules import EVERY, INVALID, KEPT, LabelRule
from failscape.concepts.base import Concept


class LabelCounts(NamedTuple):
    """How many cells, each a point and a class that can be there, edits leave with which right answer."""

    cells: int
    invalid: int  # no right answer any more
    transformed: int  # another class is right


class LabelTable:
    """Which class is right after the edits of a point; none is where it is invalid.

    Concepts act one after the other, in the order of the edits. A cell of a range, in which strengths are drawn, keeps
    a right answer only where it is the same all over the cell.

    Args:
        rules: the facts.
        classes: indices of the classes that items have.
        group_of: group of each class ``(C,)``, where a group axis chooses groups of classes instead of classes.
        concepts: of the grid.
        order: names in which they are applied.
    """

    def __init__(
        self,
        rules: Sequence[LabelRule],
        classes: Sequence[int],
        group_of: Sequence[int] | None,
        concepts: Sequence[Concept],
        order: Sequence[str],
    ) -> None:
        named = {rule.concept for rule in rules}
        self.axes = [k for k, concept in enumerate(concepts) if concept.name in named and not concept.selects]
        used = {concepts[k].name for k in self.axes}
        self.rules = tuple(rule for rule in rules if rule.concept in used)
        self.present = np.unique(np.asarray(classes, np.int64))  # indices of the classes that items have
        self.group_of = None if group_of is None else np.asarray(group_of, np.int64)
        self.levels = tuple(len(concepts[k].levels) for k in self.axes)
        n_classes = 1 + max([*classes, *(max(rule.label, rule.becomes) for rule in self.rules)])
        self._shape = tuple(n + 1 for n in self.levels)
        corners = [g.ravel() for g in np.indices(self._shape)]
        self._at = np.stack(corners, axis=1) if self.axes else np.zeros((1, 0), np.int64)
        self._right = np.tile(np.arange(n_classes), (len(self._at), 1))  # (S, C)
        for name in order:
            if name in used:
                j = [concepts[k].name for k in self.axes].index(name)
                after = _after(concepts[self.axes[j]], [r for r in self.rules if r.concept == name], n_classes)
                self._right = _then(self._right, after[self._at[:, j]])
        self._nearest = self._find_nearest()
        self._ways = self._count_ways()

    def right_answers(self, points: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """The class that is right after the edits, -1 where none is: ``(B, K), (B,) -> (B,)`` int64."""
        right: np.ndarray = self._right[self._rows(points), classes]
        return right

    def relabelled(self, labels: torch.Tensor, points: np.ndarray) -> torch.Tensor:
        """True classes of items as the edits at their points leave them; the old ones where none is right.

        ``(B,), (B, K) -> (B,)``.
        """
        classes = labels.cpu().numpy()
        right = self.right_answers(points, classes)
        return torch.from_numpy(np.where(right == INVALID, classes, right)).to(labels)

    def answerable(self, classes: np.ndarray) -> np.ndarray:
        """Whether classes have a right answer at some point: ``(B,) -> (B,)`` bool."""
        real = (self._at < np.array(self.levels)).all(axis=1)
        return np.asarray((self._right[real] != INVALID).any(axis=0)[classes])

    def moved(self, points: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """The points, and instead of those without a right answer for their class the nearest ones that have one.

        Where no level of a class has a right answer, its points stay. ``(B, K), (B,) -> (B, K)``.
        """
        nearest = self._at[self._nearest[self._rows(points), classes]]
        moved = points.copy()
        for j, k in enumerate(self.axes):
            moved[:, k] = np.where(points[:, k] < 0, points[:, k], nearest[:, j])
        return moved

    def crowding(self, points: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """How many points are asked at these ones, for want of a right answer, as a share of the most: ``(B,)``."""
        return np.asarray(self._ways[self._rows(points), classes] / self._ways.max())

    def shares(self, points: np.ndarray, groups: np.ndarray | None) -> np.ndarray:
        """Share of the classes that have a right answer at points, of those that can be there: ``(B, K) -> (B,)``.

        Args:
            points: of the grid.
            groups: that an axis chooses at each point ``(B,)``, where one does.
        """
        valid = self._right[self._rows(points)][:, self.present] != INVALID
        there = np.ones_like(valid) if groups is None else self._groups()[None] == groups[:, None]
        return np.asarray((valid & there).sum(axis=1) / np.maximum(there.sum(axis=1), 1))

    def counts(self, n_points: int, axis: Concept | None) -> LabelCounts:
        """Over all points; ``axis`` is the one that chooses the group of an item, where there is one."""
        real = (self._at < np.array(self.levels)).all(axis=1)
        chosen = np.ones(len(self.present), bool) if axis is None else np.isin(self._groups(), axis.levels)
        right, own = self._right[real][:, self.present[chosen]], self.present[chosen]
        each = n_points // max(math.prod(self.levels), 1) // (1 if axis is None else len(axis.levels))
        counts = (right.size, (right == INVALID).sum(), ((right != own) & (right != INVALID)).sum())
        return LabelCounts(*(each * int(count) for count in counts))

    def describe(self) -> dict[str, Any]:
        """Plain values: what :meth:`ConceptSpace.with_labels` takes."""
        groups = {} if self.group_of is None else {"groups": self.group_of.tolist()}
        return {"rules": [list(rule) for rule in self.rules], "classes": self.present.tolist(), **groups}

    def _groups(self) -> np.ndarray:
        return self.present if self.group_of is None else self.group_of[self.present]

    def _rows(self, points: np.ndarray) -> np.ndarray:
        """Row of each point among the combinations: ``(B, K) -> (B,)``."""
        if not self.axes:
            return np.zeros(len(points), np.int64)
        levels = [np.where(points[:, k] < 0, n, points[:, k]) for k, n in zip(self.axes, self.levels, strict=True)]
        return np.ravel_multi_index(levels, self._shape)

    def _count_ways(self) -> np.ndarray:
        """How many combinations of levels are asked at each, by class ``(S, C)``; 1 or more."""
        real = (self._at < np.array(self.levels)).all(axis=1)
        ways = [np.bincount(column[real], minlength=len(self._at)) for column in self._nearest.T]
        return np.maximum(np.stack(ways, axis=1), 1)

    def _find_nearest(self) -> np.ndarray:
        """Row to take instead of each, by class ``(S, C)``: itself, or the nearest in levels with a right answer."""
        nearest = np.tile(np.arange(len(self._at))[:, None], (1, self._right.shape[1]))
        real = (self._at < np.array(self.levels)).all(axis=1)
        for label in np.flatnonzero((self._right == INVALID).any(axis=0)):
            lost = np.flatnonzero(self._right[:, label] == INVALID)
            fine = np.flatnonzero((self._right[:, label] != INVALID) & real)
            if len(fine):
                _, found = KDTree(self._at[fine]).query(self._at[lost], p=1)
                nearest[lost, label] = fine[found]
        return nearest


def _after(concept: Concept, rules: Sequence[LabelRule], n_classes: int) -> np.ndarray:
    """What each level of a concept makes of each class, and last, of a concept that is not applied: ``(L + 1, C)``."""
    after = np.full((len(concept.levels) + 1, n_classes), KEPT, np.int64)
    changes = concept.changes(np.arange(len(concept.levels)))
    for level in range(len(concept.levels)):
        if concept.edges is None:
            after[level] = _at_strength(concept.levels[level], rules, n_classes) if changes[level] else KEPT
            continue
        low, high = concept.edges[level : level + 2].tolist()
        inside = sorted({low, high, *(end for rule in rules for end in rule[1:3] if low < end < high)})
        tried = [*inside, *((a + b) / 2 for a, b in pairwise(inside))]
        all_over = np.stack([_at_strength(strength, rules, n_classes) for strength in tried])
        after[level] = np.where((all_over == all_over[0]).all(axis=0), all_over[0], INVALID)
    return after


def _at_strength(strength: float, rules: Sequence[LabelRule], n_classes: int) -> np.ndarray:
    """What a strength makes of each class ``(C,)``."""
    after = np.full(n_classes, KEPT, np.int64)
    for rule in rules:
        if rule.low <= strength <= rule.high:
            after[slice(None) if rule.label == EVERY else rule.label] = rule.becomes
    return np.where(after == np.arange(n_classes), KEPT, after)


def _then(right: np.ndarray, after: np.ndarray) -> np.ndarray:
    """One more edit on what the ones before have left: ``(S, C), (S, C) -> (S, C)``."""
    became = np.take_along_axis(after, np.maximum(right, 0), axis=1)
    return np.where((right == INVALID) | (became == KEPT), right, became)
