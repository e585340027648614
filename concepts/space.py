"""The grid that concepts span.

Shapes: ``B`` batch, ``K`` concepts, ``P`` points of the grid.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

import numpy as np

from failscape.common.label_rules import INVALID, LabelRule
from failscape.concepts.base import Concept
from failscape.concepts.column_axis import columns_of
from failscape.concepts.item_axis import group_axis_of, groups_of
from failscape.concepts.label_effect import LABEL_EFFECTS
from failscape.concepts.label_table import LabelCounts, LabelTable
from failscape.concepts.prompts.slots import slots_of
from failscape.concepts.scaling import UNEDITED as UNEDITED
from failscape.concepts.scaling import located, scaled
from failscape.errors import UsageError, did_you_mean

AnyBatch = TypeVar("AnyBatch", bound="Fields")


class Fields(Protocol):
    """What edits need of a batch of items: its fields by name."""

    def field(self, name: str) -> Any:
        """One field, ``(B, ...)``."""
        ...

    def with_field(self: AnyBatch, name: str, values: Any) -> AnyBatch:
        """The same items with another content of one field."""
        ...


class ConceptSpace:
    """The product of ``K`` concepts; a point is a level index per concept, ``(K,)``, or -1 where it is not applied.

    Args:
        concepts: the axes of the grid, the last one fastest.
        order: names in which edits are applied; the order of the axes when omitted.
        missing: rows of the grid that do not exist: no item is there, or its edits leave none a right answer.
    """

    labels: LabelTable | None = None  # what edits do to right answers, class by class; None where nothing is known

    def __init__(
        self, concepts: Sequence[Concept], order: Sequence[str] | None = None, missing: Sequence[int] = ()
    ) -> None:
        self.concepts = tuple(concepts)
        self.names = tuple(c.name for c in self.concepts)
        self.shape = tuple(len(c.levels) for c in self.concepts)
        self.n_points = math.prod(self.shape)  # of Python's integers, which do not overflow
        if not self.concepts or len(set(self.names)) < len(self.names):
            raise UsageError(f"a concept space needs one or more different concepts, got {list(self.names)}")
        for name in order or ():
            if name not in self.names:
                raise UsageError(f"no concept {name!r} to order{did_you_mean(name, self.names)}")
        self.order = tuple(order or self.names)
        if sorted(self.order) != sorted(self.names):
            raise UsageError(f"the order of edits {list(self.order)} must name each of {list(self.names)} once")
        self.missing = tuple(sorted({int(row) for row in missing}))
        if self.missing and not (self.missing[0] >= 0 and self.missing[-1] < self.n_points > len(self.missing)):
            raise UsageError(f"rows {list(self.missing)} cannot be missing from a grid of {self.n_points} points")

    def strengths(self, points: np.ndarray, seeds: np.ndarray | None = None) -> np.ndarray:
        """Strengths in each concept's unit, NaN where it is not applied: ``(B, K) int -> (B, K) float64``.

        A concept over a range draws within its cell by the row's seed ``(B,)``; without seeds it is the cell's middle.
        """
        columns = [c.strengths(levels, seeds) for c, levels in zip(self.concepts, points.T, strict=True)]
        return np.stack(columns, axis=1)

    def apply(self, batch: AnyBatch, points: np.ndarray, seeds: np.ndarray | None = None) -> AnyBatch:
        """Items edited at their points, one vectorised edit per concept; chance depends on the row's seed alone.

        Where edits are known to change a right answer, the items have the new one; the old one where none is left.
        """
        strengths = self.strengths(points, seeds)
        for name in self.order:
            k = self.names.index(name)
            batch = edited(batch, self.concepts[k], strengths[:, k], seeds)
        if self.labels is None:
            return batch
        return batch.with_field("label", self.labels.relabelled(batch.field("label"), points))

    def compound(self, batch: AnyBatch, path: np.ndarray, seeds: np.ndarray) -> AnyBatch:
        """Edits in the order in which they were made, each on what the ones before have left: ``(B, ...), (B, H)``.

        Args:
            batch: the unedited items.
            path: which concept is edited once more at each step, -1 for none.
            seeds: of the rows.
        """
        counts = np.zeros((len(path), len(self.shape)), np.int64)
        for step, actions in enumerate(path.T):
            if (actions < 0).all():
                break
            for k, concept in enumerate(self.concepts):
                now = actions == k
                counts[now, k] = np.minimum(counts[now, k] + 1, len(concept.levels))
                levels = np.where(now, counts[:, k] - 1, UNEDITED)
                if concept.field is not None:
                    before = batch.field(concept.field)
                    batch = _with_edit(batch, concept, before, concept.again(before, levels, seeds, step))
        return batch

    @property
    def n_coordinates(self) -> int:
        """Columns of :meth:`coordinates`."""
        return sum(len(c.levels) if c.categorical else 1 for c in self.concepts)

    def coordinates(self, points: np.ndarray) -> np.ndarray:
        """Where points lie, ``(B, D)`` float32 in [-1, 1]: one column per concept, 0 where not applied or of one level.

        A concept without order has a column for each of its levels, 1 at the level and 0 elsewhere.
        """
        columns = [scaled(c, levels) for c, levels in zip(self.concepts, points.T, strict=True)]
        return np.concatenate(columns, axis=1)

    def locate(self, strengths: np.ndarray) -> np.ndarray:
        """Where strengths lie among the points, between levels too: ``(M, K) -> (M, D)`` in :meth:`coordinates`."""
        columns = [located(c, column) for c, column in zip(self.concepts, np.asarray(strengths, float).T, strict=True)]
        return np.concatenate(columns, axis=1)

    @property
    def group_axis(self) -> int | None:
        """The axis that chooses the item's group, such as its class; None where there is none."""
        return group_axis_of(self.concepts)

    def suits(self, points: np.ndarray, groups: np.ndarray) -> np.ndarray:
        """Whether items of ``groups`` ``(B,)`` are those that points ``(B, K)`` choose: all, without a group axis."""
        axis = self.group_axis
        if axis is None:
            return np.ones(len(points), bool)
        chosen: np.ndarray = self.concepts[axis].levels[points[:, axis]] == groups
        return chosen

    def with_labels(
        self, rules: Sequence[LabelRule], classes: Sequence[int], group_of: Sequence[int] | None = None
    ) -> ConceptSpace:
        """The same grid with facts of what its edits do to right answers; points that leave none are missing.

        Args:
            rules: the facts; those of concepts that are no axis have no effect.
            classes: indices of the classes that items have.
            group_of: group of each class, where they are grouped.

        Raises:
            UsageError: no point has a right answer for any class.
        """
        labels = LabelTable(rules, classes, group_of, self.concepts, self.order)
        if not labels.rules:
            return self
        known = copy.copy(self)
        known.labels = labels
        lost = np.flatnonzero(known.valid_share(self.grid()) == 0)
        if len(lost) == self.n_points:
            raise UsageError("no point of the grid leaves any class a right answer; give other levels or other labels")
        known.missing = tuple(sorted({*self.missing, *lost.tolist()}))
        return known

    def valid(self, points: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """Whether items of true ``classes`` ``(B,)`` have a right answer at points ``(B, K)``."""
        if self.labels is None:
            return np.ones(len(points), bool)
        return np.asarray(self.labels.right_answers(points, classes) != INVALID)

    def askable(self, points: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """The points, and instead of those where items of true ``classes`` have no right answer the nearest that do."""
        return points if self.labels is None else self.labels.moved(points, classes)

    def valid_share(self, points: np.ndarray) -> np.ndarray:
        """Share of the classes that have a right answer at points, of those that can be there: ``(B, K) -> (B,)``."""
        if self.labels is None:
            return np.ones(len(points))
        k = self.group_axis
        if k is None:
            return self.labels.shares(points, None)
        return self.labels.shares(points, self.concepts[k].levels[points[:, k]])

    @property
    def label_counts(self) -> LabelCounts | None:
        """How many cells, each a point and a class, have which right answer; None where nothing is known."""
        k = self.group_axis
        axis = None if k is None else self.concepts[k]
        return None if self.labels is None else self.labels.counts(self.n_points, axis)

    @property
    def edits(self) -> tuple[Concept, ...]:
        """The edits that points are made of: the concepts that do not merely say which items are shown."""
        return tuple(concept for concept in self.concepts if not concept.selects)

    def unedited(self, points: np.ndarray) -> np.ndarray:
        """Whether no edit changes anything at points, ``(B, K) -> (B,)``: none is applied, or each by its identity."""
        axes = [(c, levels) for c, levels in zip(self.concepts, points.T, strict=True) if not c.selects]
        changed = [c.changes(levels) if c.edges is None else levels != UNEDITED for c, levels in axes]
        return ~np.any([np.zeros(len(points), bool), *changed], axis=0)

    def label_effect(self, points: np.ndarray) -> np.ndarray:
        """What the edits at points do to the right answer: ``(B, K) -> (B,)`` objects of ``LABEL_EFFECTS``.

        Of several edits the one that goes furthest counts; what is unedited is ``"preserved"``.
        """
        furthest = np.zeros(len(points), np.int64)
        for concept, levels in zip(self.concepts, points.T, strict=True):
            furthest = np.maximum(furthest, concept.effects(levels))
        return np.array(LABEL_EFFECTS, object)[furthest]

    def grid(self) -> np.ndarray:
        """All points ``(P, K)``, in C order: the action of a macro step is the row."""
        return np.stack([g.ravel() for g in np.indices(self.shape)], axis=1)

    def point(self, indices: np.ndarray) -> np.ndarray:
        """Rows of :meth:`grid`, without making it: ``(B,) -> (B, K)``."""
        return np.stack(np.unravel_index(indices, self.shape), axis=1)

    @property
    def exists(self) -> np.ndarray:
        """Which points there are, ``(P,)`` bool: all but the missing ones."""
        there = np.ones(self.n_points, bool)
        there[list(self.missing)] = False
        return there

    def index(self, points: np.ndarray) -> np.ndarray:
        """Row of each point in :meth:`grid`, -1 for unedited: ``(B, K) -> (B,)``."""
        edited = (points != UNEDITED).all(axis=1)
        return np.where(edited, np.ravel_multi_index(np.where(edited[:, None], points, 0).T, self.shape), UNEDITED)

    def label(self, point: np.ndarray) -> str:
        """A point as a person writes it: ``rotation 5°, darken 0.4``; ``unedited`` where nothing is applied.

        What changes nothing is mentioned where the concept says so: ``rotation 0°``, but no edit that is made 0 times.
        """
        levels = [(c, int(level)) for c, level in zip(self.concepts, point, strict=True) if level != UNEDITED]
        return ", ".join(c.label(k) for c, k in levels if c.names_identity or c.levels[k] != c.identity) or "unedited"

    def describe(self) -> dict[str, Any]:
        """Plain values that :func:`failscape.concepts.parsing.concept_space` builds the same space from."""
        edges = {c.name: c.edges.tolist() for c in self.concepts if c.edges is not None}
        classes, columns = groups_of(self.concepts), columns_of(self.concepts)
        options = {c.name: c.unusual for c in self.concepts if c.unusual}
        switches, slots = [c.name for c in self.concepts if c.switch], slots_of(self.concepts)
        return {
            "levels": {c.name: c.levels.tolist() for c in self.concepts},
            "units": {c.name: c.unit for c in self.concepts},
            "identities": {c.name: c.identity for c in self.concepts},
            "order": list(self.order),
            **({"edges": edges} if edges else {}),
            **({"switches": switches} if switches else {}),
            **({"options": options} if options else {}),
            **({"classes": classes} if classes else {}),
            **({"columns": columns} if columns else {}),
            **({"slots": slots} if slots else {}),
            **({"missing": list(self.missing)} if self.missing else {}),
            **({"labels": self.labels.describe()} if self.labels else {}),
        }

    def __str__(self) -> str:
        axes = " × ".join(f"{c.name} [{c.unit}]" if c.unit else c.name for c in self.concepts)
        return f"{axes}: {self.n_points:,} points"

    def __repr__(self) -> str:
        return f"ConceptSpace({self})"


def edited(batch: AnyBatch, concept: Concept, strengths: np.ndarray, seeds: np.ndarray | None = None) -> AnyBatch:
    """Items edited by one concept, each by its own strength; those that it leaves alone are the very same."""
    if concept.field is None:
        return batch
    before = batch.field(concept.field)
    after = concept.apply(before, strengths, seeds)
    return batch if after is before else _with_edit(batch, concept, before, after)


def _with_edit(batch: AnyBatch, concept: Concept, before: Any, after: Any) -> AnyBatch:
    """The items with what a concept made of its field, and whether it kept what it promises of the right answers."""
    assert concept.field is not None
    edited_batch = batch.with_field(concept.field, after)
    kept = concept.kept_promise(before, after)
    return edited_batch if kept is None else edited_batch.with_field("kept", batch.field("kept") & kept)
