"""The reward of text-to-image targets: how little of what a prompt asks for its picture shows.

Shapes: ``B`` batch.
"""

from __future__ import annotations

import numpy as np
import torch

from failscape.concepts.label_effect import preserved
from failscape.rewards.base import Evaluation, Judgement
from failscape.rewards.pictures.base import Scorer
from failscape.targets.outputs import PictureOutputs

WITHHELD = "withheld by the safety checker"


class PictureReward:
    """Judges pictures by a scorer. A picture fails where the scorer finds something wrong.

    The score is the scorer's, brought to [0, 1] by its range. Severity is one half where a failure begins and 1 at the
    lowest score; without a failure it is half of what is missing from the highest score. The reward is twice the
    severity less 1, in [-1, 1]. What a safety checker withheld has no verdict, nor has a picture of whose prompt the
    scorer says nothing: both are no failure, have the reward -1, and no severity (NaN).

    Args:
        scorer: judges each picture beside its prompt.
        verifier: another one, which judges what was found once more; it decides nothing here.
    """

    label_effect = staticmethod(preserved)

    def __init__(self, scorer: Scorer, verifier: Scorer | None = None) -> None:
        self.scorer, self.verifier, self.threshold = scorer, verifier, scorer.threshold
        self.answer_names = (*scorer.answers, WITHHELD)

    def __call__(self, evaluation: Evaluation) -> Judgement:
        """Verdicts on a batch of ``PictureOutputs``, beside the prompts as they were edited."""
        outputs: PictureOutputs = evaluation.outputs
        scored = self.scorer(evaluation.edited, outputs.pictures)
        low, high = self.scorer.range
        known = ~outputs.withheld & ~np.isnan(scored.score)
        score = np.where(known, (np.nan_to_num(scored.score) - low) / (high - low), 1.0)
        failed = known & (scored.wrong > 0)
        severity = np.where(failed, 1 - score / 2, (1 - score) / 2)
        wrong = np.where(outputs.withheld, len(self.scorer.answers), np.where(known, scored.wrong, 0))
        severity = np.where(known, severity, np.nan)
        columns = (np.where(known, 2 * severity - 1, -1), severity, scored.confidence, score)
        graded, severities, confidences, scores = (torch.from_numpy(column).float() for column in columns)
        return Judgement(
            graded, torch.from_numpy(failed), severities, torch.from_numpy(wrong).long(), confidences, scores
        )
