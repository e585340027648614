"""Microscopic: a walk over the lattice, level by level.

Shapes: ``B`` batch, ``K`` axes of the grid, ``N`` items.
"""

from __future__ import annotations

import numpy as np

from failscape.concepts import ConceptSpace
from failscape.concepts.base import Concept
from failscape.concepts.lattice import origin, steps_between
from failscape.envs.actions.base import MAX_STEPS, ActionScheme, shaped
from failscape.envs.state import Outcome, State


class LatticeWalk(ActionScheme):
    """Actions, axis by axis: one level lower and one level higher; of an axis without order, to each of its levels.

    At the end of an axis it stays.

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
        steps = [(k, step) for k, concept in enumerate(space.concepts) for step in _steps(concept)]
        self._axis, self._step = np.array(steps, np.int64).T
        self._jumps = np.array([concept.categorical for concept in space.concepts])[self._axis]

    @property
    def n_actions(self) -> int:
        """Two per axis, or as many as there are levels without order."""
        return len(self._axis)

    def start(self, items: np.ndarray) -> np.ndarray:
        """The origin of the lattice, or each item's own start."""
        if self.starts is not None:
            return self.starts[items].astype(np.int64)
        return np.tile(self.origin, (len(items), 1))

    def can_start(self, failed: np.ndarray) -> np.ndarray:
        """Items on which the target does not fail unedited; walking back, items with a start."""
        return ~failed if self.starts is None else np.asarray((self.starts >= 0).all(axis=1))

    def move(self, points: np.ndarray, steps: np.ndarray, actions: np.ndarray) -> np.ndarray:
        """Points one step further."""
        moved, rows, axes = points.copy(), np.arange(len(points)), self._axis[actions]
        moved[rows, axes] = np.where(self._jumps[actions], 0, moved[rows, axes]) + self._step[actions]
        return np.clip(moved, 0, np.array(self.space.shape) - 1)

    def describe(self, action: int) -> str:
        """Where it leads: ``darken one level higher``, ``color blue``."""
        axis, step = self._axis[action], int(self._step[action])
        if self._jumps[action]:
            return self.space.concepts[axis].label(step)
        return f"{self.space.names[axis]} one level {'higher' if step > 0 else 'lower'}"

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
        gained = self._depth(before) - self._depth(after)
        longest = sum(1 if c.categorical else len(c.levels) - 1 for c in self.space.concepts)
        return (gained / max(1, longest)).astype(np.float32)

    def _depth(self, points: np.ndarray) -> np.ndarray:
        return np.asarray(steps_between(self.space, points, self.origin).sum(axis=1))


def _steps(concept: Concept) -> range | tuple[int, int]:
    """What the actions of an axis do: levels to add, or levels to go to."""
    return range(len(concept.levels)) if concept.categorical else (-1, 1)
