"""Rewards for classifiers. A target fails where its most probable class is not the true one.

Shapes: ``B`` batch, ``C`` classes.
"""

from __future__ import annotations

import torch

from failscape.concepts.label_effect import preserved
from failscape.rewards.base import Evaluation, Judgement, Reward


def margins(probs: torch.Tensor, references: torch.Tensor) -> torch.Tensor:
    """Probability of the best wrong class minus that of the true one: ``(B, C), (B,) -> (B,)`` float32 in [-1, 1].

    With a single class there is no wrong one, and the margin is -1.
    """
    own = probs.gather(1, references[:, None])
    wrong = probs.scatter(1, references[:, None], 0.0)
    return wrong.amax(dim=1) - own[:, 0]


class Margin:
    """The default: reward is the probability margin by which a wrong class leads, in [-1, 1].

    It is monotone in how wrong the target is, bounded, and positive where the target fails; 0 where two classes tie,
    whichever of them is taken for the answer. Severity is the same scale brought to [0, 1]: above one half where it
    fails.
    """

    answer_names: tuple[str, ...] = ()
    threshold = None
    label_effect = staticmethod(preserved)

    def __call__(self, evaluation: Evaluation) -> Judgement:
        """Verdicts on a batch whose outputs have ``logits`` ``(B, C)`` and whose items have a ``label`` ``(B,)``."""
        logits, label = evaluation.outputs.logits, evaluation.edited.label
        probs = logits.softmax(dim=1)
        confidence, predicted = probs.amax(dim=1), logits.argmax(dim=1)
        score = probs.gather(1, label[:, None])[:, 0]
        reward = margins(probs, label)
        return Judgement(reward, predicted != label, (reward + 1) / 2, predicted, confidence, score)


class Fsrl:
    """FSRL's reward (arXiv 2406.07145, released code): ``10 |ln(p / (1 - p + 1e-7))|`` where wrong, -1 where right.

    ``p`` is the probability of the *predicted* class. So it is 0 at p = .5 and grows on both sides of it: it does not
    grow with how wrong the target is. It is here to compare with; severity is that of the default.
    """

    answer_names: tuple[str, ...] = ()
    threshold = None
    label_effect = staticmethod(preserved)

    def __call__(self, evaluation: Evaluation) -> Judgement:
        """Verdicts on a batch, as :class:`Margin` takes it."""
        plain = margin(evaluation)
        p = plain.confidence
        wrong = 10 * torch.log(p / (1 - p + 1e-7)).abs()
        return plain._replace(reward=torch.where(plain.failed, wrong, -torch.ones_like(wrong)))


margin, fsrl = Margin(), Fsrl()
CLASSIFICATION_REWARDS: dict[str, Reward] = {"margin": margin, "fsrl": fsrl}
