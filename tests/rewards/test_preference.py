"""The reward of what people mind: the model's score where the target fails, cut to [0, 1], and 0 elsewhere."""

import numpy as np
import torch

from failscape.data.batch import Rows
from failscape.rewards.base import Evaluation
from failscape.rewards.classification import margin
from failscape.rewards.preference import PreferenceReward
from failscape.targets.outputs import ClassifierOutputs

LOGITS = torch.tensor([[3.0, 0.0, 1.0], [0.0, 2.0, 1.0], [0.0, 0.0, 4.0], [1.0, 5.0, 0.0]])
EVALUATION = Evaluation(
    items=np.array([4, 5, 6, 7]),
    points=np.array([[0, 1], [1, 0], [2, 2], [1, 1]]),
    inputs=None,
    edited=Rows(LOGITS, torch.tensor([0, 0, 1, 1])),  # right, wrong, wrong, right
    outputs=ClassifierOutputs(LOGITS, LOGITS),
)


def test_it_pays_for_failures_by_their_score_and_leaves_the_verdict_to_the_target() -> None:
    asked = []

    def describe(items: np.ndarray, points: np.ndarray, predicted: np.ndarray) -> np.ndarray:
        asked.append((items.tolist(), points.tolist(), predicted.tolist()))
        return np.column_stack([items, points, predicted])

    judged = PreferenceReward(lambda rows: rows[:, 0] / 5 - 0.6, describe)(EVALUATION)
    assert asked == [([5, 6], [[1, 0], [2, 2]], [1, 2])], "only failures are described"
    np.testing.assert_allclose(judged.reward, [0, 0.4, 0.6, 0], atol=1e-6)
    plain = margin(EVALUATION)
    assert torch.equal(judged.failed, plain.failed) and torch.equal(judged.severity, plain.severity)
    assert judged.reward.dtype == torch.float32


def test_scores_are_cut_to_the_scale() -> None:
    judged = PreferenceReward(lambda rows: np.array([-0.4, 1.7]), lambda *_: np.zeros((2, 1)))(EVALUATION)
    assert judged.reward.tolist() == [0, 0, 1, 0]


def test_a_batch_without_failures_asks_nothing() -> None:
    right = EVALUATION._replace(edited=Rows(LOGITS, LOGITS.argmax(dim=1)))

    def never(*_: object) -> np.ndarray:
        raise AssertionError

    assert not PreferenceReward(never, never)(right).reward.any()
