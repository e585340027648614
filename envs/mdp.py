"""The concept-editing MDP, as pure functions of a batch.

Shapes: ``B`` batch, ``K`` concepts, ``P`` points, ``N`` items, ``D`` observation size.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from gymnasium import spaces

from failscape.common.nouns import PLAIN, Nouns
from failscape.concepts import ConceptSpace
from failscape.concepts.space import AnyBatch
from failscape.data.base import Items
from failscape.data.batch import Batch
from failscape.envs.actions.base import ActionScheme
from failscape.envs.actions.jump import JumpToPoint
from failscape.envs.baseline import FEATURE_BOUND, BaselineOutputs
from failscape.envs.evaluator import Evaluator, TargetEvaluator
from failscape.envs.expected_task import expect_alike, expect_edits
from failscape.envs.item_groups import choice_of
from failscape.envs.state import Outcome, Probes, State
from failscape.errors import UsageError
from failscape.rewards import Reward
from failscape.targets.base import Target
from failscape.targets.outputs import Keep

MAX_POINTS = 1_000_000  # of a landscape, which is a table with a row per point


class ConceptMDP:
    """Editing concepts until the target fails. No RNG, clock or episode of its own: the Gymnasium views hold those.

    Macroscopic exploration is a contextual bandit: an action is a point of the grid, an episode one jump from the
    unedited item, and the item is the context. How else an agent may move, ``scheme`` says; who answers, ``evaluator``.

    Args:
        target: the model under study.
        space: the grid of edits.
        items: what it is shown.
        reward: how outcomes are judged.
        baseline: what was seen of the unedited items; the target looks at them once when omitted.
        data_name: what a person calls the items.
        scheme: what an action does; a jump to a point when omitted.
        nouns: what items, groups and answers are called.
        answer_names: of the codes of answers; those of the reward, or of the groups, when omitted.
        evaluator: what answers probes; the target, shown the edited items, when omitted.
        caveats: what a reader should know of how answers were judged, a sentence each.
    """

    def __init__(
        self,
        target: Target,
        space: ConceptSpace,
        items: Items,
        reward: Reward,
        baseline: BaselineOutputs | None = None,
        data_name: str = "built in",
        scheme: ActionScheme | None = None,
        *,
        nouns: Nouns = PLAIN,
        answer_names: tuple[str, ...] = (),
        evaluator: Evaluator | None = None,
        caveats: Sequence[str] = (),
    ) -> None:
        if space.n_points > MAX_POINTS:
            raise UsageError(
                f"{space.n_points} points are too many for one landscape (at most {MAX_POINTS}); use fewer levels"
            )
        expect_edits(space, items, nouns)
        self.target, self.space, self.items, self.reward = target, space, items, reward
        self.data_name, self.scheme, self.nouns = data_name, scheme or JumpToPoint(space), nouns
        self.baseline = baseline or BaselineOutputs.take(target, items, reward)
        self._own_caveats = tuple(caveats)
        self.answer_names = answer_names or reward.answer_names or items.group_names
        self.target_evaluator = TargetEvaluator(target, space, items, reward)
        self.evaluator: Evaluator = evaluator or self.target_evaluator
        self._choice = choice_of(items, space)
        self._classes = items.batch.right_answer
        self._chooses_items = items.layout is not None or space.group_axis is not None
        self.action_space = spaces.Discrete(self.scheme.n_actions)
        self.observation_space = self._observation_space()

    def _observation_space(self) -> spaces.Box:
        n_features = self.baseline.features.shape[1]
        bounds = [(-FEATURE_BOUND, FEATURE_BOUND, n_features), (0, 1, 1)]
        bounds += [(-1, 1, self.space.n_coordinates), (0, 1, self.scheme.n_flags)]
        low = np.concatenate([np.full(n, low) for low, _, n in bounds])
        high = np.concatenate([np.full(n, high) for _, high, n in bounds])
        return spaces.Box(low.astype(np.float32), high.astype(np.float32))

    @property
    def group_names(self) -> tuple[str, ...]:
        """Names of the groups that items belong to: true classes, topics."""
        return self.items.group_names

    @property
    def has_unedited(self) -> bool:
        """Whether items can be shown as they are: not where each lies at a point of the grid and has no other form."""
        return self.items.layout is None

    @property
    def caveats(self) -> tuple[str, ...]:
        """What a reader should know of how the target answers and how that was judged, a sentence each."""
        return *self._own_caveats, *self.baseline.caveats.tolist()

    def pairs(self, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Items and rows of the grid, each item with every point where it is valid: ``(N,) -> (M,), (M,)``."""
        items, rows = self._choice.pairs(items)
        if self.space.labels is None:
            return items, rows
        keep = self.valid(self.space.point(rows), items)
        return items[keep], rows[keep]

    def valid(self, points: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Whether items ``(B,)`` can be asked at points ``(B, K)``: ``(B,)`` bool.

        They are of the group that the point chooses, and the edits leave them a right answer.
        """
        return self.space.suits(points, self.items.group[items]) & self.space.valid(points, self._classes[items])

    @property
    def valid_cells(self) -> np.ndarray | None:
        """Which groups have items with a right answer at which points, ``(P, G)`` bool; None where all have."""
        if self.space.labels is None:
            return None
        grid, found = self.space.grid(), np.zeros((self.space.n_points, len(self.group_names)), bool)
        for group, label in np.unique(np.stack([self.items.group, self._classes], axis=1), axis=0).tolist():
            found[:, group] |= self.space.valid(grid, np.full(len(grid), label))
        return found

    def crowding(self, state: State) -> np.ndarray | None:
        """How many points lead to those of a step, as a share of the most ``(B,)``; None where each leads to itself.

        Where the edits of some points leave an item no right answer, others are asked in their place, and more often
        than chance alone would: what is recorded of them weighs less.
        """
        if self.space.labels is None or self.scheme.walks:
            return None
        return self.space.labels.crowding(state.points, self._classes[state.items])

    def with_target(self, target: Target, baseline: BaselineOutputs | None = None) -> ConceptMDP:
        """The same items, edits and rewards around another target, such as this one fine-tuned.

        Raises:
            UsageError: the other knows other classes, or takes other inputs.
        """
        expect_alike(self.target, target)
        return self._like(target, baseline)

    def keeping(self, keep: Keep) -> Evaluator:
        """What answers probes, with what the target puts out that is no text handed to ``keep``."""
        return self.target_evaluator.keeping(keep) if self.evaluator is self.target_evaluator else self.evaluator

    def with_evaluator(self, evaluator: Evaluator) -> ConceptMDP:
        """The same dynamics, answered by another evaluator, such as one that wraps this one's."""
        return self._like(self.target, self.baseline, evaluator)

    def _like(self, target: Target, baseline: BaselineOutputs | None, evaluator: Evaluator | None = None) -> ConceptMDP:
        return type(self)(
            target,
            self.space,
            self.items,
            self.reward,
            baseline,
            self.data_name,
            self.scheme,
            nouns=self.nouns,
            answer_names=self.answer_names,
            evaluator=evaluator,
            caveats=self._own_caveats,
        )

    @property
    def playable(self) -> np.ndarray:
        """Which items episodes may begin with, ``(N,)`` bool.

        Not held out; for walks not failing unedited; and of a class that has a right answer somewhere.
        """
        playable = ~self.items.held_out & self.scheme.can_start(self.baseline.failed)
        if self.space.labels is None:
            return playable
        return playable & self.space.labels.answerable(self._classes)

    def initial(self, items: np.ndarray, seeds: np.ndarray | None = None) -> State:
        """Episodes that begin: no step taken, no edit made unless a walk starts at one."""
        n = len(items)
        return State(
            items,
            self.scheme.start(items),
            np.zeros(n, np.int64),
            self.scheme.rightness(self.baseline.score[items], self.baseline.severity[items]),
            self.baseline.failed[items],
            np.full((n, self.scheme.path_length), -1, np.int64),
            np.zeros(n, np.int64) if seeds is None else seeds,
        )

    def at(self, items: np.ndarray, points: np.ndarray) -> State:
        """Items ``(B,)`` edited at points ``(B, K)``, however one gets there."""
        state = self.initial(items)._replace(points=points, steps=np.ones(len(items), np.int64))
        return state._replace(history=self.scheme.path_to(points))

    def reach(self, items: np.ndarray, points: np.ndarray) -> State:
        """Unedited items brought to points ``(B, K)`` as an episode would; where none leads there surely, put there."""
        route = self.scheme.route(points)
        if route is None:
            return self.at(items, points)
        state = self.initial(items)
        for actions in route:
            state = self.transition(state, actions)
        return state

    def transition(self, state: State, actions: np.ndarray) -> State:
        """The states after ``actions``; a state that asks can be asked.

        Where the axes say which items, it has an item that suits it; where the edits leave an item no right answer, it
        is at the nearest point that does, so that no query is spent on what cannot fail.

        Raises:
            UsageError: there is no such action.
        """
        points = self.scheme.move(state.points, state.steps, self.scheme.checked(actions))
        history = self.scheme.remember(state, points, np.asarray(actions))
        moved = state._replace(points=points, steps=state.steps + 1, history=history)
        if not self.scheme.queries_target(moved):
            return moved
        items = state.items
        if self._chooses_items:
            items, points = self._choice.like(items, points)
        if self.space.labels is not None:
            points = self.space.labels.moved(points, self._classes[items])
        return moved._replace(items=items, points=points)

    def describe_action(self, action: int) -> str:
        """What an action does: ``rotation 10°, darken 0.3``, on a walk ``darken one level higher``.

        Raises:
            UsageError: there is no such action.
        """
        return self.scheme.describe(int(self.scheme.checked(np.array([action]))[0]))

    def apply_outcome(self, before: State, state: State, outcome: Outcome) -> tuple[State, np.ndarray]:
        """What follows from an answer: the state that knows it, and the reward of the step ``(B,)`` float32."""
        right = self.scheme.rightness(outcome.score, outcome.severity)
        after = state._replace(score=right, failed=outcome.failed.copy())
        return after, self.scheme.reward(before, after, outcome)

    def placeholder_outcome(self, state: State) -> Outcome:
        """What stands for an answer where the target was not asked: no reward, no failure."""
        none = np.zeros(len(state.items), np.float32)
        predicted, output_text = self.baseline.predicted[state.items], np.full(len(none), "", object)
        return Outcome(none, none > 0, none.copy(), predicted, none.copy(), state.score.copy(), output_text, none > 0)

    def observe(self, state: State) -> np.ndarray:
        """``(B, D)`` float32: item features, confidence in the right answer, coordinates, whether it is edited.

        Where the axes say which items, the agent chooses them, and is told nothing of the item before.
        """
        known = not self._chooses_items
        parts = [
            self.baseline.features[state.items] * known,
            state.score[:, None] * known,
            self.space.coordinates(state.points),
            self.scheme.flags(state.points).astype(np.float32),
        ]
        return np.concatenate(parts, axis=1)

    def terminal(self, state: State) -> np.ndarray:
        """``(B,)`` bool: the episode has come to its end."""
        return self.scheme.terminal(state)

    def truncated(self, state: State) -> np.ndarray:
        """``(B,)`` bool: a walk has taken as many steps as it may."""
        return self.scheme.truncated(state)

    def probes(self, state: State) -> Probes:
        """What states ask."""
        return Probes(state.items[:, None], state.points, state.history, state.seeds)

    def evaluate(self, state: State) -> Outcome:
        """What the evaluator answers: one forward of a target, one copy to the host."""
        return self.evaluator.evaluate(self.probes(state))

    def inputs(self, state: State) -> Batch:
        """The unedited items, ``(B, ...)``."""
        return self.items.batch.take(state.items)

    def edited(self, state: State, inputs: AnyBatch) -> AnyBatch:
        """The items as the target sees them, ``(B, ...)``, from the unedited ones."""
        return self.target_evaluator.edited(self.probes(state), inputs)
