"""The concept-editing MDP, as pure functions of a batch.

Shapes: ``B`` batch, ``K`` concepts, ``P`` points, ``N`` items, ``D`` observation size.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from gymnasium import spaces

from failscape.concepts import ConceptSpace
from failscape.concepts.space import UNEDITED
from failscape.data.base import Items
from failscape.data.nouns import PLAIN, Nouns
from failscape.envs.looks import FEATURE_BOUND, Looks
from failscape.envs.moves import Jump, Moves, origin
from failscape.errors import UsageError
from failscape.rewards import Evaluation, Reward
from failscape.targets.base import Target

MAX_POINTS = 1_000_000  # of a landscape, which is a table with a row per point
STEP_COST = 0.02  # of a step on a walk, in units of probability


class State(NamedTuple):
    """Where ``B`` episodes stand."""

    items: np.ndarray  # (B,) int64 indices into the data
    points: np.ndarray  # (B, K) int64 level indices, -1 where a concept is not applied
    steps: np.ndarray  # (B,) int64 steps taken in the episode
    confidence: np.ndarray  # (B,) float32 how right the target last was
    failed: np.ndarray  # (B,) bool whether the target was wrong when last asked
    history: np.ndarray  # (B, H) int64 actions taken, -1 after them; H is 0 where the point says it all


class Outcome(NamedTuple):
    """What the target did with ``B`` edited items; the columns that the records keep."""

    reward: np.ndarray  # (B,) float32
    failed: np.ndarray  # (B,) bool
    severity: np.ndarray  # (B,) float32 in [0, 1]
    predicted: np.ndarray  # (B,) int64 the class it answered, or the kind of its answer
    confidence: np.ndarray  # (B,) float32 how sure it was of that answer
    truth: np.ndarray  # (B,) float32 how right it was: the true class's probability, the score of a summary
    said: np.ndarray  # (B,) object: what a target that writes wrote, else ""
    cut: np.ndarray  # (B,) bool: it was too long, and the target read its beginning only


class ConceptMDP:
    """Editing concepts until the target fails. No RNG, clock or episode of its own: the Gymnasium views hold those.

    Macroscopic exploration is a contextual bandit: an action is a point of the grid, an episode one jump from the
    unedited item, and the item is the context. How else an agent may move, ``moves`` says.

    Args:
        target: the model under study.
        space: the grid of edits.
        items: what it is shown.
        reward: how outcomes are judged.
        looks: what was seen of the unedited items; the target looks at them once when omitted.
        data_name: what a person calls the items.
        moves: what an action does; a jump when omitted.
        alpha: what each step takes off the reward of a failure, in FSRL's microscopic task.
        nouns: what items, groups and answers are called.
    """

    def __init__(
        self,
        target: Target,
        space: ConceptSpace,
        items: Items,
        reward: Reward,
        looks: Looks | None = None,
        data_name: str = "built in",
        moves: Moves | None = None,
        alpha: float = 0.0,
        nouns: Nouns = PLAIN,
    ) -> None:
        if space.n_points > MAX_POINTS:
            raise UsageError(
                f"{space.n_points} points are too many for one landscape (at most {MAX_POINTS}); use fewer levels"
            )
        self.target, self.space, self.items, self.reward = target, space, items, reward
        self.data_name, self.moves, self.alpha, self.nouns = data_name, moves or Jump(), alpha, nouns
        self.looks = looks or Looks.take(target, items, reward)
        self.writes = bool((self.looks.said != "").any())  # whether the target answers in words of its own
        self._references = torch.from_numpy(items.references).to(target.device)
        self._members = Members(items) if space.slice_axis is not None else None
        self.action_space = spaces.Discrete(self.moves.actions(space))
        self.observation_space = self._observation_space()

    def _observation_space(self) -> spaces.Box:
        n_features = self.looks.features.shape[1]
        n_flags = len(self.space.shape) if self.moves.name == "factored" else 1
        bounds = [(-FEATURE_BOUND, FEATURE_BOUND, n_features), (0, 1, 1)]
        bounds += [(-1, 1, self.space.n_coordinates), (0, 1, n_flags)]
        low = np.concatenate([np.full(n, low) for low, _, n in bounds])
        high = np.concatenate([np.full(n, high) for _, high, n in bounds])
        return spaces.Box(low.astype(np.float32), high.astype(np.float32))

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the groups that items belong to: true classes, topics."""
        return self.items.groups or tuple(getattr(self.target, "class_names", ()))

    @property
    def answers(self) -> tuple[str, ...]:
        """Names of the answers that are told apart: classes, or what is wrong with a text."""
        return tuple(getattr(self.reward, "answers", ())) or tuple(getattr(self.target, "class_names", ()))

    def with_target(self, target: Target, looks: Looks | None = None) -> ConceptMDP:
        """The same items, edits and rewards around another target, such as this one mended.

        Raises:
            UsageError: the other knows other classes, or takes other inputs.
        """
        for what in ("class_names", "image_size"):
            if getattr(self.target, what, None) != getattr(target, what, None):
                raise UsageError(f"{target.name} and {self.target.name} differ in their {what.replace('_', ' ')}")
        same = (self.data_name, self.moves, self.alpha, self.nouns)
        return type(self)(target, self.space, self.items, self.reward, looks, *same)

    @property
    def playable(self) -> np.ndarray:
        """Which items episodes may begin with, ``(N,)`` bool: not held out, and for walks not failing unedited."""
        free = ~self.items.held_out
        if self.moves.name in {"macro", "factored"}:
            return free
        starts = getattr(self.moves, "starts", None)
        return free & (~self.looks.failed if starts is None else (starts >= 0).all(axis=1))

    def initial(self, items: np.ndarray) -> State:
        """Episodes that begin: no step taken, no edit made unless a walk starts at one."""
        n = len(items)
        return State(
            items,
            self.moves.start(self.space, items),
            np.zeros(n, np.int64),
            self._right(self.looks.confidence[items], self.looks.severity[items]),
            self.looks.failed[items],
            np.full((n, self.moves.history), -1, np.int64),
        )

    def at(self, items: np.ndarray, points: np.ndarray) -> State:
        """Items ``(B,)`` edited at points ``(B, K)``, however one gets there."""
        state = self.initial(items)._replace(points=points, steps=np.ones(len(items), np.int64))
        return state._replace(history=self.moves.path(self.space, points)) if self.moves.history else state

    def transition(self, state: State, actions: np.ndarray) -> State:
        """The states after ``actions``; where the grid has a slice, a state that asks has an item of its class."""
        points = self.moves.move(self.space, state.points, state.steps, actions)
        history = self.moves.remember(state.history, state.points, points, state.steps, np.asarray(actions))
        moved = state._replace(points=points, steps=state.steps + 1, history=history)
        if self._members is None or not self.asks(moved):
            return moved
        axis = self.space.slice_axis
        assert axis is not None
        classes = self.space.concepts[axis].levels[points[:, axis]].astype(np.int64)
        return moved._replace(items=self._members.like(state.items, classes))

    def asks(self, state: State) -> bool:
        """Whether the target is asked in this step: always, but for episodes of several steps only in their last."""
        return self.moves.n_steps is None or bool((state.steps >= self.moves.n_steps).all())

    def settle(self, before: State, state: State, outcome: Outcome) -> tuple[State, np.ndarray]:
        """What follows from an answer: the state that knows it, and the reward of the step ``(B,)`` float32."""
        after = state._replace(confidence=self._right(outcome.truth, outcome.severity), failed=outcome.failed.copy())
        if self.moves.name == "fsrl":
            return after, (outcome.reward - self.alpha * state.steps * outcome.failed).astype(np.float32)
        if self.moves.name != "micro":
            return after, outcome.reward
        if getattr(self.moves, "starts", None) is not None:
            return after, self._nearer(before, state) * outcome.failed
        # Potential-based shaping (Ng, Harada and Russell 1999): the potential is how wrong the target is.
        shaped = before.confidence - after.confidence + outcome.failed - STEP_COST
        return after, shaped.astype(np.float32)

    def _right(self, truth: np.ndarray, severity: np.ndarray) -> np.ndarray:
        """How right the target was, on a scale that holds all along an episode: ``(B,), (B,) -> (B,)`` float32.

        On a walk over texts a summary is scored beside the reference or beside the unedited summary, as the edits so
        far promise. Such scores do not compare; how much of the usual score was lost does.
        """
        return (1 - severity if self.writes and self.moves.n_steps is None else truth).astype(np.float32)

    def _nearer(self, before: State, state: State) -> np.ndarray:
        """Levels by which a step came nearer to the origin, as a share of the longest way: ``(B,)`` float32."""
        home = origin(self.space)
        gained = np.abs(before.points - home).sum(axis=1) - np.abs(state.points - home).sum(axis=1)
        return (gained / max(1, sum(self.space.shape) - len(self.space.shape))).astype(np.float32)

    def unasked(self, state: State) -> Outcome:
        """What stands for an answer where the target was not asked: no reward, no failure."""
        none = np.zeros(len(state.items), np.float32)
        predicted, said = self.looks.predicted[state.items], np.full(len(none), "", object)
        return Outcome(none, none > 0, none.copy(), predicted, none.copy(), state.confidence.copy(), said, none > 0)

    def observe(self, state: State) -> np.ndarray:
        """``(B, D)`` float32: item features, confidence in the true class, coordinates, whether it is edited.

        Where the grid has a slice, the agent chooses the item's class, and is told nothing of the item before.
        """
        edited = state.points != UNEDITED
        flags = edited if self.moves.name == "factored" else edited.any(axis=1, keepdims=True)
        known = self._members is None
        parts = [
            self.looks.features[state.items] * known,
            state.confidence[:, None] * known,
            self.space.coordinates(state.points),
            flags.astype(np.float32),
        ]
        return np.concatenate(parts, axis=1)

    def terminal(self, state: State) -> np.ndarray:
        """``(B,)`` bool: all steps are taken; a walk ends at the first failure, a walk back at the first success."""
        if self.moves.n_steps is not None:
            return state.steps >= self.moves.n_steps
        ended = state.failed if getattr(self.moves, "starts", None) is None else ~state.failed
        return ended & (state.steps > 0)

    def truncated(self, state: State) -> np.ndarray:
        """``(B,)`` bool: a walk has taken as many steps as it may."""
        limit = self.moves.max_steps
        return np.zeros(len(state.items), bool) if limit is None else state.steps >= limit

    def keys(self, state: State) -> np.ndarray:
        """What decides an outcome, ``(B, M)`` int64: equal rows have equal outcomes."""
        return np.column_stack([state.items, state.points, state.history])

    def inputs(self, state: State) -> Any:
        """The unedited items, ``(B, ...)``."""
        return self.items.rows(state.items)

    def edited(self, state: State, inputs: Any) -> Any:
        """The items as the target sees them, ``(B, ...)``, from the unedited ones."""
        if self.moves.history:
            return compound(self.space, inputs, state.history, state.items)
        return self.space.apply(inputs, state.points, state.items)

    def evaluate(self, state: State) -> Outcome:
        """What the target does with the edited items: one forward, one copy to the host."""
        rows = torch.from_numpy(state.items).to(self._references.device)
        inputs = self.inputs(state)
        edited = self.edited(state, inputs)
        outputs = self.target(edited)
        references = self._references[rows]
        evaluation = Evaluation(state.items, state.points, inputs, edited, outputs, references, state.steps)
        judgement = self.reward(evaluation)
        table = torch.stack([column.float() for column in judgement]).cpu().numpy()
        said = np.asarray(getattr(outputs, "texts", [""] * len(state.items)), object)
        cut = np.asarray(getattr(outputs, "truncated", np.zeros(len(state.items), bool)))
        return Outcome(table[0], table[1] > 0, table[2], table[3].astype(np.int64), table[4], table[5], said, cut)


class Members:
    """Items by class, on either side of the split."""

    def __init__(self, items: Items) -> None:
        self.items = items
        self.rank = np.zeros(len(items), np.int64)
        self.of: dict[tuple[bool, int], np.ndarray] = {}
        for side in (False, True):
            self.rank[items.held_out == side] = np.arange((items.held_out == side).sum())
            for label in np.unique(items.references):
                self.of[side, int(label)] = np.flatnonzero((items.held_out == side) & (items.references == label))

    def like(self, items: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """For each item one of the class, from its side of the split: ``(B,), (B,) -> (B,)``.

        A function of the item drawn, so that an even draw of items is an even draw within each class.
        """
        pools = [self.of[bool(self.items.held_out[i]), int(c)] for i, c in zip(items, classes, strict=True)]
        return np.array([pool[self.rank[i] % len(pool)] for i, pool in zip(items, pools, strict=True)], np.int64)


def compound(space: ConceptSpace, inputs: Any, history: np.ndarray, seeds: np.ndarray) -> Any:
    """Edits in the order in which they were made, each on what the ones before have left: ``(B, ...), (B, H)``."""
    counts = np.zeros((len(history), len(space.shape)), np.int64)
    for step, actions in enumerate(history.T):
        if (actions < 0).all():
            break
        for k, concept in enumerate(space.concepts):
            now = actions == k
            counts[now, k] = np.minimum(counts[now, k] + 1, len(concept.levels))
            inputs = concept.again(inputs, np.where(now, counts[:, k] - 1, UNEDITED), seeds, step)
    return inputs
