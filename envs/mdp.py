"""The concept-editing MDP, as pure functions of a batch.

Shapes: ``B`` batch, ``K`` concepts, ``P`` points, ``N`` items, ``D`` observation size.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from gymnasium import spaces

from failscape.concepts import ConceptSpace
from failscape.concepts.space import UNEDITED
from failscape.data.base import Items
from failscape.envs.looks import FEATURE_BOUND, Looks
from failscape.errors import UsageError
from failscape.rewards import Evaluation, Reward
from failscape.targets.base import Target

MAX_POINTS = 100_000


class State(NamedTuple):
    """Where ``B`` episodes stand."""

    items: np.ndarray  # (B,) int64 indices into the data
    points: np.ndarray  # (B, K) int64 level indices, -1 where a concept is not applied
    steps: np.ndarray  # (B,) int64 steps taken in the episode
    confidence: np.ndarray  # (B,) float32 probability the target last gave to the true class


class Outcome(NamedTuple):
    """What the target did with ``B`` edited items; the columns that the records keep."""

    reward: np.ndarray  # (B,) float32
    failed: np.ndarray  # (B,) bool
    severity: np.ndarray  # (B,) float32 in [0, 1]
    predicted: np.ndarray  # (B,) int64 the class it answered
    confidence: np.ndarray  # (B,) float32 how sure it was of that answer
    truth: np.ndarray  # (B,) float32 probability it gave to the true class


class ConceptMDP:
    """Macroscopic exploration: an action is a point of the grid, and an episode is one jump from the unedited item.

    It is a contextual bandit: the item is the context. No RNG, clock or episode of its own: the Gymnasium views hold
    those.

    Args:
        target: the model under study.
        space: the grid of edits.
        items: what it is shown.
        reward: how outcomes are judged.
        looks: what was seen of the unedited items; the target looks at them once when omitted.
        data_name: what a person calls the items.
    """

    def __init__(
        self,
        target: Target,
        space: ConceptSpace,
        items: Items,
        reward: Reward,
        looks: Looks | None = None,
        data_name: str = "built in",
    ) -> None:
        if space.n_points > MAX_POINTS:
            raise UsageError(
                f"{space.n_points} points are too many for one action each (at most {MAX_POINTS}); use fewer levels"
            )
        self.target, self.space, self.items, self.reward = target, space, items, reward
        self.data_name = data_name
        self.looks = looks or Looks.take(target, items)
        self._references = torch.from_numpy(items.references).to(target.device)
        self.action_space = spaces.Discrete(space.n_points)
        self.observation_space = self._observation_space()

    def _observation_space(self) -> spaces.Box:
        n_features, n_concepts = self.looks.features.shape[1], len(self.space.shape)
        low = np.concatenate([np.full(n_features, -FEATURE_BOUND), [0], np.full(n_concepts, -1), [0]])
        high = np.concatenate([np.full(n_features, FEATURE_BOUND), [1], np.full(n_concepts, 1), [1]])
        return spaces.Box(low.astype(np.float32), high.astype(np.float32))

    def initial(self, items: np.ndarray) -> State:
        """Unedited items, no step taken."""
        points = np.full((len(items), len(self.space.shape)), UNEDITED, np.int64)
        return State(items, points, np.zeros(len(items), np.int64), self.looks.confidence[items])

    def transition(self, state: State, actions: np.ndarray) -> State:
        """The states after jumping to the points that ``actions`` name."""
        return state._replace(points=self.space.point(actions), steps=state.steps + 1)

    def observe(self, state: State) -> np.ndarray:
        """``(B, D)`` float32: item features, confidence in the true class, coordinates, whether it is edited."""
        edited = (state.points != UNEDITED).any(axis=1)
        parts = [
            self.looks.features[state.items],
            state.confidence[:, None],
            self.space.coordinates(state.points),
            edited[:, None].astype(np.float32),
        ]
        return np.concatenate(parts, axis=1)

    def terminal(self, state: State) -> np.ndarray:
        """``(B,)`` bool: one jump ends a macroscopic episode."""
        return state.steps >= 1

    def evaluate(self, state: State) -> Outcome:
        """What the target does with the edited items: one forward, one copy to the host."""
        rows = torch.from_numpy(state.items).to(self.items.inputs.device)
        inputs = self.items.inputs.index_select(0, rows)
        edited = self.space.apply(inputs, state.points)
        outputs = self.target(edited)
        references = self._references[rows.to(self._references.device)]
        evaluation = Evaluation(state.items, state.points, inputs, edited, outputs, references, state.steps)
        judgement = self.reward(evaluation)
        probs = outputs.logits.softmax(dim=1)
        confidence, predicted = probs.max(dim=1)
        truth = probs.gather(1, references[:, None])[:, 0]
        columns = [judgement.reward, judgement.failed, judgement.severity, predicted, confidence, truth]
        table = torch.stack([column.float() for column in columns]).cpu().numpy()
        return Outcome(table[0], table[1] > 0, table[2], table[3].astype(np.int64), table[4], table[5])
