"""What an action does: the protocol of action schemes.

Shapes: ``B`` batch, ``K`` axes of the grid, ``N`` items, ``H`` length of a path.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from failscape.concepts import ConceptSpace
from failscape.concepts.space import UNEDITED
from failscape.envs.state import Outcome, State
from failscape.errors import UsageError

MAX_STEPS = 50  # of a walk
STEP_COST = 0.02  # of a step on a walk, in units of probability


class ActionScheme(ABC):
    """How an agent moves over the grid, when the target is asked, and what a step is worth.

    Pure: no RNG, clock or episode of its own. Nobody asks for a scheme's name but to look something up by it; what a
    scheme can do, its properties say.

    Args:
        space: the grid.
    """

    name: str  # what ``--explore`` calls it; a key of hyperparameters
    n_steps: int | None = None  # of an episode, where it always has as many; None where it ends at a failure
    max_steps: int | None = None  # after which an episode is truncated
    path_length: int = 0  # actions that a state must remember, because the edits are not determined by the point alone
    actions_are_points: bool = False  # whether an action is the row of a point, and an episode one action
    is_lattice: bool = False  # whether each point can be asked for by itself, and steps of one level lead to it
    reaches_points: bool = True  # whether the outcome at a point does not depend on the way to it
    starts: np.ndarray | None = None  # (N, K) where each item's episode begins, -1 in the rows of items that have none
    origin: np.ndarray | None = None  # (K,) the point of no edit from which steps are counted, where it walks

    def __init__(self, space: ConceptSpace) -> None:
        self.space = space

    @property
    @abstractmethod
    def n_actions(self) -> int:
        """Number of actions."""

    @abstractmethod
    def move(self, points: np.ndarray, steps: np.ndarray, actions: np.ndarray) -> np.ndarray:
        """Points after ``actions``, with ``steps`` taken before: ``(B, K), (B,), (B,) -> (B, K)``."""

    @abstractmethod
    def describe(self, action: int) -> str:
        """What an action does, as a person writes it."""

    def checked(self, actions: np.ndarray) -> np.ndarray:
        """Actions that there are: -1 would count from the end, and one too large would be made another.

        Raises:
            UsageError: some are none.
        """
        found = np.asarray(actions)
        wrong = found[(found < 0) | (found >= self.n_actions)]
        if len(wrong):
            raise UsageError(f"there is no action {wrong[0]}: actions are 0 to {self.n_actions - 1}")
        return found

    @property
    def walks(self) -> bool:
        """Whether episodes go on until the target fails, level by level."""
        return self.n_steps is None

    @property
    def n_flags(self) -> int:
        """Columns of :meth:`flags`."""
        return 1

    def flags(self, points: np.ndarray) -> np.ndarray:
        """What has been edited, as an agent is told: ``(B, K) -> (B, n_flags)`` bool."""
        return np.asarray((points != UNEDITED).any(axis=1, keepdims=True))

    def start(self, items: np.ndarray) -> np.ndarray:
        """Where episodes begin: ``(B,) -> (B, K)``; unedited, unless a scheme begins elsewhere."""
        return np.full((len(items), len(self.space.shape)), UNEDITED, np.int64)

    def can_start(self, failed: np.ndarray) -> np.ndarray:
        """Which items may begin an episode, by whether the target fails on them unedited: ``(N,) -> (N,)`` bool."""
        return np.ones(len(failed), bool)

    def remember(self, state: State, points: np.ndarray, actions: np.ndarray) -> np.ndarray:
        """The path ``(B, H)`` with ``actions`` ``(B,)``, which led from a state to points ``(B, K)``."""
        return state.history

    def path_to(self, points: np.ndarray) -> np.ndarray:
        """Actions that lead to points where these do not say it all, concept by concept: ``(B, K) -> (B, H)``."""
        return np.zeros((len(points), 0), np.int64)

    def route(self, points: np.ndarray) -> list[np.ndarray] | None:
        """Actions ``(B,)`` of an episode that leads to points, step by step; None where it is not known beforehand."""
        return None

    def queries_target(self, state: State) -> bool:
        """Whether the target is asked in this step: always, but for episodes of several steps only in their last."""
        return self.n_steps is None or bool((state.steps >= self.n_steps).all())

    def rightness(self, score: np.ndarray, severity: np.ndarray) -> np.ndarray:
        """How right the target was, on a scale that holds all along an episode: ``(B,), (B,) -> (B,)`` float32."""
        return score.astype(np.float32)

    def reward(self, before: State, after: State, outcome: Outcome) -> np.ndarray:
        """What a step is worth, ``(B,)`` float32."""
        return outcome.reward

    def terminal(self, state: State) -> np.ndarray:
        """``(B,)`` bool: all steps are taken; a walk ends at the first failure."""
        if self.n_steps is not None:
            return np.asarray(state.steps >= self.n_steps)
        return np.asarray(state.failed & (state.steps > 0))

    def truncated(self, state: State) -> np.ndarray:
        """``(B,)`` bool: a walk has taken as many steps as it may."""
        limit = self.max_steps
        return np.zeros(len(state.items), bool) if limit is None else np.asarray(state.steps >= limit)

    def n_choices(self, step: int) -> int:
        """Different things that a step can do; actions with the same remainder do the same."""
        return self.n_actions

    def uniform(self, rng: np.random.Generator, n: int) -> list[np.ndarray]:
        """Uniform random actions ``(B,)`` of the steps until the target is asked."""
        return [rng.integers(self.n_actions, size=n)]

    @property
    def n_uniform(self) -> int:
        """Different things between which :meth:`uniform` draws evenly."""
        return self.n_actions


def shaped(before: State, after: State, outcome: Outcome) -> np.ndarray:
    """Reward of a step on a walk, by potential-based shaping: the potential is how wrong the target is. ``(B,)``.

    Ng, Harada and Russell 1999.
    """
    return (before.score - after.score + outcome.failed - STEP_COST).astype(np.float32)
