"""The reward of blind pairs: how much more alike an encoder takes two pictures for than another one does.

Shapes: ``B`` batch, ``N`` items.
"""

from __future__ import annotations

import torch

from failscape.concepts.label_effect import preserved
from failscape.rewards.base import Evaluation, Judgement
from failscape.targets.outputs import PairOutputs

SAME, APART, TARGET_APART, BLIND = range(4)
ANSWERS = ("alike to both", "told apart by both", "told apart by the target alone", "blind")


class Blindness:
    """Judges pairs of a picture and its edited version.

    A pair is blind, which is a failure, where the target's similarity is above one threshold and the reference's below
    another. The reward is the blindness: the target's similarity less the reference's, in [-2, 2]; 0 for no edit.
    Severity is 0.5 at the nearer of the two thresholds, and 1 where no pair could be further beyond it. The confidence
    is the target's similarity brought to [0, 1], the score 1 less the severity.

    Args:
        clean: the vectors of all unedited items, ``N`` rows.
        above: threshold of the target, below 1.
        below: threshold of the reference, above -1.
    """

    answer_names = ANSWERS
    label_effect = staticmethod(preserved)

    def __init__(self, clean: PairOutputs, above: float, below: float) -> None:
        self.clean, self.above, self.below = clean, above, below

    @property
    def threshold(self) -> tuple[float, ...]:
        """Both thresholds."""
        return self.above, self.below

    def __call__(self, evaluation: Evaluation) -> Judgement:
        """Verdicts on a batch of ``PairOutputs``."""
        outputs, own = evaluation.outputs, self.clean.rows(evaluation.items)
        target, reference = (
            (getattr(outputs, name) * getattr(own, name)).sum(dim=1).clamp(-1, 1) for name in ("target", "reference")
        )
        alike, apart = target > self.above, reference < self.below
        beyond = torch.minimum(target - self.above, self.below - reference)
        most = min(1 - self.above, 1 + self.below)
        least = max(1 + self.above, 1 - self.below)
        severity = (0.5 + 0.5 * torch.where(beyond > 0, beyond / most, beyond / least)).clamp(0, 1)
        kinds = torch.where(alike, torch.where(apart, BLIND, SAME), torch.where(apart, APART, TARGET_APART))
        return Judgement(target - reference, alike & apart, severity, kinds, (target + 1) / 2, 1 - severity)


def similarities(reward: float, confidence: float) -> tuple[float, float]:
    """The two similarities of a recorded probe, from what :class:`Blindness` made of them."""
    target = 2 * confidence - 1
    return target, target - reward
