"""Edits that are made on what the edits before have left: the path matters, not the point alone.

Shapes: ``B`` batch, ``K`` axes of the grid, ``H`` length of a path.
"""

from __future__ import annotations

import numpy as np

from failscape.concepts import ConceptSpace
from failscape.concepts.lattice import origin
from failscape.concepts.space import UNEDITED
from failscape.envs.actions.base import MAX_STEPS, ActionScheme, shaped
from failscape.envs.state import Outcome, State
from failscape.errors import UsageError


class Compound(ActionScheme):
    """FSRL's microscopic task (arXiv 2406.07145, released code): action ``k`` raises concept ``k`` by one level.

    Each edit is applied, at its new strength, to the image as all edits before have left it.

    Args:
        space: the grid.
        max_steps: actions that an episode may have.
        alpha: what each step takes off the reward of a failure.
    """

    name = "fsrl"
    reaches_points = False  # edits compound: the way counts

    def __init__(self, space: ConceptSpace, max_steps: int = MAX_STEPS, alpha: float = 0.0) -> None:
        super().__init__(space)
        self.max_steps, self.path_length, self.alpha = max_steps, max_steps, alpha
        self.origin: np.ndarray = np.full(len(space.shape), UNEDITED, np.int64)

    @property
    def n_actions(self) -> int:
        """One per concept."""
        return len(self.space.shape)

    def can_start(self, failed: np.ndarray) -> np.ndarray:
        """Items on which the target does not fail unedited."""
        return ~failed

    def move(self, points: np.ndarray, steps: np.ndarray, actions: np.ndarray) -> np.ndarray:
        """Points one level up; the last level is kept."""
        moved = points.copy()
        moved[np.arange(len(points)), actions] += 1
        return np.minimum(moved, np.array(self.space.shape) - 1)

    def describe(self, action: int) -> str:
        """What it adds: ``darken one level higher, on what the edits before have left``."""
        return f"{self.space.names[action]} one level higher, on what the edits before have left"

    def path_to(self, points: np.ndarray) -> np.ndarray:
        """Each concept raised as often as its level says, in the order of the axes; not at all where unedited."""
        times = np.maximum(points - self.origin, 0)
        paths = np.full((len(points), self.path_length), -1, np.int64)
        for row, counts in zip(paths, times, strict=True):
            actions = np.repeat(np.arange(len(counts)), counts)
            if len(actions) > self.path_length:
                raise UsageError(f"{counts.sum()} edits are more than max_steps={self.path_length} allows; raise it")
            row[: len(actions)] = actions
        return paths

    def remember(self, state: State, points: np.ndarray, actions: np.ndarray) -> np.ndarray:
        """Each action at its step: at the last level, too, an edit is made again, as in the released code."""
        path = state.history.copy()
        path[np.arange(len(actions)), np.minimum(state.steps, self.path_length - 1)] = actions
        return path

    def reward(self, before: State, after: State, outcome: Outcome) -> np.ndarray:
        """That of the outcome, less ``alpha`` for each step where it fails."""
        return (outcome.reward - self.alpha * after.steps * outcome.failed).astype(np.float32)


class Accumulate(Compound):
    """Microscopic, for edits that add up: action ``k`` makes edit ``k`` once more, on what the edits before have left.

    A point says how often each edit was made, and the path in which order. Episodes begin unedited. A step is worth
    what it takes from how right the target is, and the failure. How right it is, severity says: on a walk over texts a
    summary is scored beside the reference or beside the unedited summary, as the edits so far require; such scores do
    not compare, and how much of the usual score was lost does.

    Args:
        space: the lattice; each edit's identity is among its levels.
        max_steps: actions that an episode may have.
    """

    name = "micro"
    is_lattice = reaches_points = True  # a point is asked for by its edits in the order of the axes

    def __init__(self, space: ConceptSpace, max_steps: int = MAX_STEPS) -> None:
        super().__init__(space, max_steps)
        self.origin = origin(space)

    def start(self, items: np.ndarray) -> np.ndarray:
        """The origin of the lattice."""
        return np.tile(self.origin, (len(items), 1))

    def describe(self, action: int) -> str:
        """What it adds: ``drop-noun once more, on what the edits before have left``."""
        return f"{self.space.names[action]} once more, on what the edits before have left"

    def remember(self, state: State, points: np.ndarray, actions: np.ndarray) -> np.ndarray:
        """Each action after the ones before it; an edit that cannot be made once more is not made."""
        path, made = state.history.copy(), (points != state.points).any(axis=1)
        path[made, (path >= 0).sum(axis=1)[made]] = actions[made]
        return path

    def rightness(self, score: np.ndarray, severity: np.ndarray) -> np.ndarray:
        """1 less the severity."""
        return (1 - severity).astype(np.float32)

    def reward(self, before: State, after: State, outcome: Outcome) -> np.ndarray:
        """For taking from how right the target is and for the failure, less a cost."""
        return shaped(before, after, outcome)
