"""Microscopic: a walk over the lattice, level by level.

Shapes: ``B`` batch, ``K`` axes of the grid, ``N`` items.
"""

from __future__ import annotations

import numpy as np

from failscape.concepts import ConceptSpace
from failscape.concepts.lattice import origin
from failscape.envs.actions.base import MAX_STEPS, ActionScheme, shaped
from failscape.envs.state import Outcome, State


class LatticeWalk(ActionScheme):
    """Action ``2k`` lowers axis ``k`` by one level and ``2k + 1`` raises it; at an end it stays.

    Episodes begin where no concept changes anything and end at the first failure; or they begin at an item's own
    failure of ``starts``, are paid for each level that brings them nearer to the origin while the target still fails,
    and end at the first point where it does not.

    Args:
        space: the lattice; each concept's identity is among its levels.
        starts: ``(N, K)`` a point for each item, -1 in the rows of items that have none; omitted, all begin unedited.
        max_steps: after which an episode is truncated.
    """

    name = "micro"
    is_lattice = True

    def __init__(self, space: ConceptSpace, starts: np.ndarray | None = None, max_steps: int = MAX_STEPS) -> None:
        super().__init__(space)
        self.starts, self.max_steps = starts, max_steps
        self.origin: np.ndarray = origin(space)

    @property
    def n_actions(self) -> int:
        """Two per axis."""
        return 2 * len(self.space.shape)

    def start(self, items: np.ndarray) -> np.ndarray:
        """The origin of the lattice, or each item's own start."""
        if self.starts is not None:
            return self.starts[items].astype(np.int64)
        return np.tile(self.origin, (len(items), 1))

    def can_start(self, failed: np.ndarray) -> np.ndarray:
        """Items on which the target does not fail unedited; walking back, items with a start."""
        return ~failed if self.starts is None else np.asarray((self.starts >= 0).all(axis=1))

    def move(self, points: np.ndarray, steps: np.ndarray, actions: np.ndarray) -> np.ndarray:
        """Points one level further."""
        moved = points.copy()
        moved[np.arange(len(points)), actions // 2] += 2 * (actions % 2) - 1
        return np.clip(moved, 0, np.array(self.space.shape) - 1)

    def describe(self, action: int) -> str:
        """Where it leads: ``darken one level higher``."""
        return f"{self.space.names[action // 2]} one level {'higher' if action % 2 else 'lower'}"

    def reward(self, before: State, after: State, outcome: Outcome) -> np.ndarray:
        """For taking from how right the target is and for the failure, less a cost; walking back, for levels gained."""
        if self.starts is None:
            return shaped(before, after, outcome)
        return self._nearer(before.points, after.points) * outcome.failed

    def terminal(self, state: State) -> np.ndarray:
        """The first failure; walking back, the first success."""
        ended = state.failed if self.starts is None else ~state.failed
        return np.asarray(ended & (state.steps > 0))

    def _nearer(self, before: np.ndarray, after: np.ndarray) -> np.ndarray:
        """Levels by which a step came nearer to the origin, as a share of the longest way: ``(B,)`` float32."""
        shape = self.space.shape
        gained = np.abs(before - self.origin).sum(axis=1) - np.abs(after - self.origin).sum(axis=1)
        return (gained / max(1, sum(shape) - len(shape))).astype(np.float32)
