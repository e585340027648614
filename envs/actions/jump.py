"""Macroscopic: an action is a point of the grid.

Shapes: ``B`` batch, ``K`` axes of the grid.
"""

from __future__ import annotations

import numpy as np

from failscape.concepts import ConceptSpace
from failscape.envs.actions.base import ActionScheme
from failscape.errors import UsageError

MAX_ACTIONS = 100_000


class JumpToPoint(ActionScheme):
    """An episode is one jump from the unedited item to any point of the grid: a contextual bandit."""

    name = "macro"
    n_steps = 1
    actions_are_points = True

    def __init__(self, space: ConceptSpace) -> None:
        super().__init__(space)
        if space.n_points > MAX_ACTIONS:
            raise UsageError(
                f"{space.n_points} points are too many for one action each (at most {MAX_ACTIONS}); choose axis by "
                "axis with explore=factored, or use fewer levels"
            )

    @property
    def n_actions(self) -> int:
        """One per point."""
        return self.space.n_points

    def move(self, points: np.ndarray, steps: np.ndarray, actions: np.ndarray) -> np.ndarray:
        """The points that ``actions`` name."""
        return self.space.point(actions)

    def describe(self, action: int) -> str:
        """The point: ``rotation 10°, darken 0.3``."""
        label = self.space.label(self.space.point(np.array([action]))[0])
        return f"{label} (no item suits it; another point is asked instead)" if action in self.space.missing else label

    def route(self, points: np.ndarray) -> list[np.ndarray]:
        """The one action that names each point."""
        return [self.space.index(points)]
