"""An axis of the grid that says *which* items are edited instead of how."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from failscape.concepts.base import Concept
from failscape.errors import UsageError

GROUP_AXES = ("class", "topic", "length", "region", "prompt")


class GroupAxis(Concept):
    """The group of the item that is edited, such as its true class, so that an agent also chooses which it attacks.

    Its levels have no order, and it edits nothing: the MDP shows an item of the group.

    Args:
        classes: index of each group by its name.
        name: what a group is, one of ``GROUP_AXES``.
    """

    field = None
    unit = ""
    identity = None
    limits = (0.0, math.inf)
    default_levels = (0.0,)
    categorical = True
    selects = True

    def __init__(self, classes: Mapping[str, int], name: str = "class") -> None:
        self.name = name  # type: ignore[misc]
        if not classes:
            raise UsageError(
                f"the slice {name} has nothing to choose from: no {name} has both items to explore and items held out; "
                f"make larger groups with --groups, or leave {name} out of --concepts"
            )
        ordered = sorted(classes.items(), key=lambda named: named[1])
        self.class_names = tuple(name for name, _ in ordered)
        super().__init__([index for _, index in ordered])

    @property
    def classes(self) -> dict[str, int]:
        """Index of each group by its name."""
        return dict(zip(self.class_names, self.levels.astype(int).tolist(), strict=True))

    def _edit(self, inputs: Any, strengths: np.ndarray, seeds: np.ndarray) -> Any:
        return inputs

    def label(self, level: int) -> str:
        """``class yield``."""
        return f"{self.name} {self.class_names[level]}"


def group_axis_of(concepts: Sequence[Concept]) -> int | None:
    """Which of the axes chooses the item's group; None where none does."""
    return next((k for k, concept in enumerate(concepts) if isinstance(concept, GroupAxis)), None)


def groups_of(concepts: Sequence[Concept]) -> dict[str, int]:
    """Index by name of the groups that the axes choose from; none where no axis does."""
    return {name: index for c in concepts if isinstance(c, GroupAxis) for name, index in c.classes.items()}
