"""How an agent moves over the grid: by one jump, axis by axis, or level by level.

Shapes: ``B`` batch, ``K`` concepts, ``P`` points.
"""

from __future__ import annotations

import copy
from typing import Protocol

import numpy as np

from failscape.concepts import Concept, ConceptSpace
from failscape.concepts.space import UNEDITED
from failscape.errors import UsageError

MAX_ACTIONS = 100_000
MAX_STEPS = 50  # of a walk


class Moves(Protocol):
    """What an action does to a point. Pure: no RNG, clock or episode of its own."""

    name: str
    n_steps: int | None  # of an episode, where it always has as many; None where it ends at a failure
    max_steps: int | None  # after which an episode is truncated
    history: int  # actions that a state must remember, because the edits are not determined by the point alone

    def actions(self, space: ConceptSpace) -> int:
        """Number of actions."""
        ...

    def start(self, space: ConceptSpace, items: np.ndarray) -> np.ndarray:
        """Where episodes begin: ``(B,) -> (B, K)``."""
        ...

    def move(self, space: ConceptSpace, points: np.ndarray, steps: np.ndarray, actions: np.ndarray) -> np.ndarray:
        """Points after ``actions``, with ``steps`` taken before: ``(B, K), (B,), (B,) -> (B, K)``."""
        ...

    def path(self, space: ConceptSpace, points: np.ndarray) -> np.ndarray:
        """Actions that lead to points where these do not say it all, one concept after the other: ``(B, history)``."""
        ...

    def remember(
        self, history: np.ndarray, before: np.ndarray, after: np.ndarray, steps: np.ndarray, actions: np.ndarray
    ) -> np.ndarray:
        """The history ``(B, history)`` with ``actions`` ``(B,)``, which led from one point ``(B, K)`` to another."""
        ...


def no_memory(
    self: Moves, history: np.ndarray, before: np.ndarray, after: np.ndarray, steps: np.ndarray, actions: np.ndarray
) -> np.ndarray:
    """Nothing to remember: the point says it all."""
    return history


def no_path(self: Moves, space: ConceptSpace, points: np.ndarray) -> np.ndarray:
    """Nothing to remember: the point says it all."""
    return np.zeros((len(points), 0), np.int64)


class Jump:
    """Macroscopic: an action is a point of the grid."""

    name = "macro"
    n_steps: int | None = 1
    max_steps: int | None = None
    history = 0

    def actions(self, space: ConceptSpace) -> int:
        """One per point."""
        if space.n_points > MAX_ACTIONS:
            raise UsageError(
                f"{space.n_points} points are too many for one action each (at most {MAX_ACTIONS}); choose axis by "
                "axis with explore=factored, or use fewer levels"
            )
        return space.n_points

    def start(self, space: ConceptSpace, items: np.ndarray) -> np.ndarray:
        """Unedited."""
        return np.full((len(items), len(space.shape)), UNEDITED, np.int64)

    def move(self, space: ConceptSpace, points: np.ndarray, steps: np.ndarray, actions: np.ndarray) -> np.ndarray:
        """The points that ``actions`` name."""
        return space.point(actions)

    path, remember = no_path, no_memory


class Factored:
    """Macroscopic, axis by axis: step ``k`` chooses the level of concept ``k``, and the last one asks the target.

    For grids with too many points for an action each. Where a concept has fewer levels than another, actions beyond
    them wrap around.

    Args:
        n_concepts: of the space.
    """

    name = "factored"
    max_steps: int | None = None
    history = 0

    def __init__(self, n_concepts: int) -> None:
        self.n_steps: int | None = n_concepts

    def actions(self, space: ConceptSpace) -> int:
        """One per level of the longest axis."""
        return max(space.shape)

    def start(self, space: ConceptSpace, items: np.ndarray) -> np.ndarray:
        """Unedited."""
        return np.full((len(items), len(space.shape)), UNEDITED, np.int64)

    def move(self, space: ConceptSpace, points: np.ndarray, steps: np.ndarray, actions: np.ndarray) -> np.ndarray:
        """The points with their next axis set."""
        axis = steps % len(space.shape)
        moved = points.copy()
        moved[np.arange(len(points)), axis] = actions % np.array(space.shape)[axis]
        return moved

    path, remember = no_path, no_memory


class Walk:
    """Microscopic: action ``2k`` lowers concept ``k`` by one level and ``2k + 1`` raises it; at an end it stays.

    Episodes begin where no concept changes anything, or at an item's own point of ``starts``.

    Args:
        starts: ``(N, K)`` a point for each item, -1 in the rows of items that have none; omitted, all begin unedited.
        max_steps: after which an episode is truncated.
    """

    name = "micro"
    n_steps: int | None = None
    history = 0

    def __init__(self, starts: np.ndarray | None = None, max_steps: int = MAX_STEPS) -> None:
        self.starts = starts
        self.max_steps: int | None = max_steps

    def actions(self, space: ConceptSpace) -> int:
        """Two per concept."""
        return 2 * len(space.shape)

    def start(self, space: ConceptSpace, items: np.ndarray) -> np.ndarray:
        """The origin of the lattice, or each item's own start."""
        if self.starts is not None:
            return self.starts[items].astype(np.int64)
        return np.tile(origin(space), (len(items), 1))

    def move(self, space: ConceptSpace, points: np.ndarray, steps: np.ndarray, actions: np.ndarray) -> np.ndarray:
        """Points one level further."""
        moved = points.copy()
        moved[np.arange(len(points)), actions // 2] += 2 * (actions % 2) - 1
        return np.clip(moved, 0, np.array(space.shape) - 1)

    path, remember = no_path, no_memory


class Compound:
    """FSRL's microscopic task (arXiv 2406.07145, released code): action ``k`` raises concept ``k`` by one level.

    Each edit is applied, at its new strength, to the image as all edits before have left it.

    Args:
        max_steps: actions that an episode may have.
    """

    name = "fsrl"
    n_steps: int | None = None

    def __init__(self, max_steps: int = MAX_STEPS) -> None:
        self.max_steps: int | None = max_steps
        self.history = max_steps

    def actions(self, space: ConceptSpace) -> int:
        """One per concept."""
        return len(space.shape)

    def start(self, space: ConceptSpace, items: np.ndarray) -> np.ndarray:
        """Unedited."""
        return np.full((len(items), len(space.shape)), UNEDITED, np.int64)

    def move(self, space: ConceptSpace, points: np.ndarray, steps: np.ndarray, actions: np.ndarray) -> np.ndarray:
        """Points one level up; the last level is kept."""
        moved = points.copy()
        moved[np.arange(len(points)), actions] += 1
        return np.minimum(moved, np.array(space.shape) - 1)

    def path(self, space: ConceptSpace, points: np.ndarray) -> np.ndarray:
        """Each concept raised as often as its level says, in the order of the axes; not at all where unedited."""
        times = np.maximum(points - self.start(space, np.zeros(len(points), np.int64)), 0)
        paths = np.full((len(points), self.history), -1, np.int64)
        for row, counts in zip(paths, times, strict=True):
            actions = np.repeat(np.arange(len(counts)), counts)
            if len(actions) > self.history:
                raise UsageError(f"{counts.sum()} edits are more than max_steps={self.history} allows; raise it")
            row[: len(actions)] = actions
        return paths

    def remember(
        self, history: np.ndarray, before: np.ndarray, after: np.ndarray, steps: np.ndarray, actions: np.ndarray
    ) -> np.ndarray:
        """Each action at its step: at the last level, too, an edit is made again, as in the released code."""
        history = history.copy()
        history[np.arange(len(actions)), np.minimum(steps, self.history - 1)] = actions
        return history


class Accumulate(Compound):
    """Microscopic, for edits that add up: action ``k`` makes edit ``k`` once more, on what the edits before have left.

    A point says how often each edit was made, and the history in which order. Episodes begin unedited.

    Args:
        max_steps: actions that an episode may have.
    """

    name = "micro"

    def start(self, space: ConceptSpace, items: np.ndarray) -> np.ndarray:
        """The origin of the lattice."""
        return np.tile(origin(space), (len(items), 1))

    def remember(
        self, history: np.ndarray, before: np.ndarray, after: np.ndarray, steps: np.ndarray, actions: np.ndarray
    ) -> np.ndarray:
        """Each action after the ones before it; an edit that cannot be made once more is not made."""
        history, made = history.copy(), (after != before).any(axis=1)
        history[made, (history >= 0).sum(axis=1)[made]] = actions[made]
        return history


def origin(space: ConceptSpace) -> np.ndarray:
    """The point of a lattice where every concept is at its identity, ``(K,)``.

    Raises:
        UsageError: a concept has no identity, or it is not among its levels.
    """
    return np.array([_identity_level(concept) for concept in space.concepts], np.int64)


def _identity_level(concept: Concept) -> int:
    found = [] if concept.identity is None else np.flatnonzero(concept.levels == concept.identity).tolist()
    if not found:
        raise UsageError(f"{concept.name} has no level that changes nothing, so no walk can begin there; leave it out")
    return int(found[0])


def lattice(space: ConceptSpace) -> ConceptSpace:
    """The space with the strength that changes nothing among each concept's levels, so that walks can begin there."""
    return ConceptSpace([_with_identity(concept) for concept in space.concepts], space.order)


def _with_identity(concept: Concept) -> Concept:
    if concept.categorical:
        raise UsageError(f"the levels of {concept.name} have no order, so no walk can step along them; leave it out")
    if concept.identity is None or (concept.edges is None and concept.identity in concept.levels):
        return concept
    walked = copy.copy(concept)
    walked.levels, walked.edges = np.union1d(concept.levels, [concept.identity]), None
    return walked
