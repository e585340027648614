"""The grid of which edit, how strong: the product of thirty concepts is no grid that anybody explores.

Shapes: ``B`` batch, ``E`` edits, ``K`` axes, 2 or 3.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from failscape.concepts.base import Concept
from failscape.concepts.item_axis import GroupAxis
from failscape.concepts.keyed_random import scramble
from failscape.concepts.label_effect import LABEL_EFFECTS
from failscape.concepts.space import UNEDITED, AnyBatch, ConceptSpace, edited
from failscape.concepts.text.base import TextConcept
from failscape.errors import UsageError

NOTHING = "nothing"


class Axis(Concept):
    """An axis of the grid that chooses and edits nothing itself."""

    field = None
    unit = ""
    identity = None
    limits = (0.0, math.inf)
    default_levels = (0.0,)

    def _edit(self, inputs: Any, strengths: np.ndarray, seeds: np.ndarray) -> Any:
        return inputs


class Choice(Axis):
    """Which edit; its levels have no order."""

    categorical = True

    def __init__(self, name: str, choices: Sequence[str]) -> None:
        self.name, self.choices = name, tuple(choices)  # type: ignore[misc]
        super().__init__(np.arange(len(choices)).tolist())

    def label(self, level: int) -> str:
        """``edit lower-case``."""
        return f"{self.name} {self.choices[level]}"


class Strength(Axis):
    """How strong, from 1: the rank among the levels of whichever edit is chosen."""

    name = "strength"


class EditGrid(ConceptSpace):
    """Points are an edit, another one after it where the grid is of pairs, and how strong both are.

    The axes are ``edit``, ``also`` (``nothing`` or an edit; only of pairs) and ``strength``, the rank among each
    edit's own levels; before them a group axis, if there is one.

    Args:
        concepts: the edits, of as many levels each.
        pairs: whether a second edit may follow the first.
        group: which then is the first axis: the agent also chooses whose articles are edited.

    Raises:
        UsageError: no edits, one twice, one that does not edit texts, or numbers of levels that differ.
    """

    def __init__(self, concepts: Sequence[TextConcept], pairs: bool = False, group: GroupAxis | None = None) -> None:
        self._edits, self.pairs, self.group = tuple(concepts), pairs, group
        names = [edit.name for edit in self.edits]
        others = [edit.name for edit in self.edits if not isinstance(edit, TextConcept)]
        if others:
            raise UsageError(f"a grid of edits is of texts, which {others[0]} does not edit")
        if not names or len(set(names)) < len(names):
            raise UsageError(f"a grid of edits needs one or more different edits, got {names}")
        n_levels = {edit.name: len(edit.levels) for edit in self.edits}
        if len(set(n_levels.values())) > 1:
            raise UsageError(f"the edits of a grid need as many levels each, got {n_levels}")
        also = [Choice("also", [NOTHING, *names])] if pairs else []
        ranks = [rank + 1.0 for rank in range(n_levels[names[0]])]
        groups = [group] if group else []
        super().__init__([*groups, Choice("edit", names), *also, Strength(ranks)])

    def apply(self, batch: AnyBatch, points: np.ndarray, seeds: np.ndarray | None = None) -> AnyBatch:
        """Texts edited at their points, one edit of the batch per concept in it; unedited where an axis is open."""
        seeds = np.zeros(len(points), np.int64) if seeds is None else seeds
        first = np.full(len(points), UNEDITED)
        for which in self.chosen(points):
            # The same edit twice must not undo itself: the second time it draws anew.
            drawn = np.where(which == first, (scramble("also", seeds) >> np.uint64(2)).astype(np.int64), seeds)
            for k in np.unique(which[which != UNEDITED]).tolist():
                levels = np.where(which == k, points[:, -1], UNEDITED)
                batch = edited(batch, self.edits[k], self.edits[k].strengths(levels, drawn), drawn)
            first = which
        return batch

    @property
    def edits(self) -> tuple[TextConcept, ...]:
        """The edits that points choose from."""
        return self._edits

    def label_effect(self, points: np.ndarray) -> np.ndarray:
        """What the edits at points do to the reference; see :meth:`ConceptSpace.label_effect`."""
        effects = np.zeros((len(self.edits) + 1, len(self.edits[0].levels) + 1), np.int64)  # the last are of UNEDITED
        for k, edit in enumerate(self.edits):
            effects[k, :-1] = edit.effects(np.arange(len(edit.levels)))
        furthest = np.max([effects[which, points[:, -1]] for which in self.chosen(points)], axis=0)
        return np.array(LABEL_EFFECTS, object)[furthest]

    def label(self, point: np.ndarray) -> str:
        """``lower-case 50 %``, or ``lower-case 50 %, negate 50 %``; ``unedited`` where nothing is chosen."""
        which = [int(k[0]) for k in self.chosen(np.asarray(point)[None])]
        edits = ", ".join(self.edits[k].label(int(point[-1])) for k in which if k != UNEDITED) or "unedited"
        return f"{self.group.label(int(point[0]))}, {edits}" if self.group and point[0] != UNEDITED else edits

    def describe(self) -> dict[str, Any]:
        """Plain values that :func:`failscape.concepts.parsing.concept_space` builds the same grid from."""
        edges = {edit.name: edit.edges.tolist() for edit in self.edits if edit.edges is not None}
        return {
            "edits": [edit.name for edit in self.edits],
            "pairs": self.pairs,
            "levels": {edit.name: edit.levels.tolist() for edit in self.edits},
            **({"edges": edges} if edges else {}),
            **({"groups": {self.group.name: self.group.classes}} if self.group else {}),
        }

    @property
    def edit_axis(self) -> int:
        """Which axis is the edit; the second edit comes after it, a group axis before."""
        return int(self.group is not None)

    def chosen(self, points: np.ndarray) -> list[np.ndarray]:
        """Which edit comes first and, of pairs, which after it, ``(B,)`` each, -1 for none."""
        first = self.edit_axis
        chosen = [points[:, first], points[:, first + 1] - 1] if self.pairs else [points[:, first]]
        open_axis = (points[:, [first, -1]] == UNEDITED).any(axis=1)
        return [np.where(open_axis, UNEDITED, np.maximum(which, UNEDITED)) for which in chosen]
