"""Macroscopic, axis by axis: for grids with too many points for an action each.

Shapes: ``B`` batch, ``K`` axes of the grid.
"""

from __future__ import annotations

import numpy as np

from failscape.concepts import ConceptSpace
from failscape.concepts.space import UNEDITED
from failscape.envs.actions.base import ActionScheme


class Factored(ActionScheme):
    """Step ``k`` chooses the level of axis ``k``, and the last one asks the target.

    Where an axis has fewer levels than another, actions beyond them wrap around.
    """

    name = "factored"

    def __init__(self, space: ConceptSpace) -> None:
        super().__init__(space)
        self.n_steps = len(space.shape)

    @property
    def n_actions(self) -> int:
        """One per level of the longest axis."""
        return max(self.space.shape)

    @property
    def n_flags(self) -> int:
        """One per axis."""
        return len(self.space.shape)

    def flags(self, points: np.ndarray) -> np.ndarray:
        """Which axes have been chosen, ``(B, K) -> (B, K)`` bool."""
        return points != UNEDITED

    def move(self, points: np.ndarray, steps: np.ndarray, actions: np.ndarray) -> np.ndarray:
        """The points with their next axis set."""
        axis = steps % len(self.space.shape)
        moved = points.copy()
        moved[np.arange(len(points)), axis] = actions % np.array(self.space.shape)[axis]
        return moved

    def describe(self, action: int) -> str:
        """What it chooses in each step: ``step 1: rotation 10°; step 2: darken 0.3``."""
        chosen = [concept.label(action % len(concept.levels)) for concept in self.space.concepts]
        return "; ".join(f"step {step}: {label}" for step, label in enumerate(chosen, start=1))

    def route(self, points: np.ndarray) -> list[np.ndarray]:
        """The levels, one axis after the other."""
        return list(points.T)

    def n_choices(self, step: int) -> int:
        """Levels of the axis that the step chooses."""
        return self.space.shape[step]

    def uniform(self, rng: np.random.Generator, n: int) -> list[np.ndarray]:
        """Actions that lead to uniform points, however many levels each axis has."""
        return self.route(self.space.point(rng.integers(self.space.n_points, size=n)))

    @property
    def n_uniform(self) -> int:
        """One per point."""
        return self.space.n_points
