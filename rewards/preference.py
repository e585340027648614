"""What people mind: the reward is how undesirable a failure is, as a model of their ratings says.

Shapes: ``B`` batch, ``F`` features.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from failscape.rewards.base import Evaluation, Judgement, Reward
from failscape.rewards.classification import margin

Score = Callable[[np.ndarray], np.ndarray]  # features (B, F) in, undesirability (B,) out
Describe = Callable[
    [np.ndarray, np.ndarray, np.ndarray], np.ndarray
]  # items, points, predicted classes in, features out


class PreferenceReward:
    """A reward: predicted undesirability, cut to [0, 1], where the target fails; 0 where it does not.

    Whether it failed, and how badly, ``own`` says: people say what matters, not what happened. A right answer
    earns nothing rather than a negative margin, so that a harmless failure is worth as little as none, and the agent is
    paid for what people mind alone.

    Args:
        score: undesirability of failures.
        describe: what ``score`` is told of them.
        own: the reward of the environment.
    """

    def __init__(self, score: Score, describe: Describe, own: Reward = margin) -> None:
        self.score, self.describe, self.own = score, describe, own
        self.answer_names, self.threshold, self.label_effect = own.answer_names, own.threshold, own.label_effect

    def __call__(self, evaluation: Evaluation) -> Judgement:
        """Verdicts on a batch."""
        plain = self.own(evaluation)
        failed = np.flatnonzero(plain.failed.cpu().numpy())
        reward = torch.zeros_like(plain.reward)
        if len(failed):
            predicted = plain.predicted.cpu().numpy()[failed]
            features = self.describe(evaluation.items[failed], evaluation.points[failed], predicted)
            scores = np.clip(self.score(features), 0, 1).astype(np.float32)
            reward[torch.from_numpy(failed).to(reward.device)] = torch.from_numpy(scores).to(reward.device)
        return plain._replace(reward=reward)
