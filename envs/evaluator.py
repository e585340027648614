"""What answers probes. The dynamics of an environment ask an evaluator and know nothing of what is behind it.

Shapes: ``B`` batch, ``M`` items of a probe, ``K`` axes of the grid, ``H`` length of a path.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch

from failscape.concepts import ConceptSpace
from failscape.concepts.space import AnyBatch
from failscape.data.base import Items
from failscape.envs.state import Outcome, Probes
from failscape.rewards import Evaluation, Reward
from failscape.targets.base import Target
from failscape.targets.outputs import Keep, keep_nothing


class Evaluator(Protocol):
    """Answers a batch of probes; equal probes alike."""

    def evaluate(self, probes: Probes) -> Outcome:
        """What comes of ``B`` probes."""
        ...


class TargetEvaluator:
    """Edits items, asks the target, judges its answers.

    One vectorised edit per concept, one forward, one copy to the host.

    Args:
        target: the model under study.
        space: the grid of edits.
        items: what it is shown.
        reward: how outcomes are judged.
        keep: takes what the target puts out that is no text, and gives a reference to it.
    """

    def __init__(
        self, target: Target, space: ConceptSpace, items: Items, reward: Reward, keep: Keep = keep_nothing
    ) -> None:
        self.target, self.space, self.items, self.reward, self.keep = target, space, items, reward, keep

    def keeping(self, keep: Keep) -> TargetEvaluator:
        """The same, but what is no text is kept."""
        return TargetEvaluator(self.target, self.space, self.items, self.reward, keep)

    def evaluate(self, probes: Probes) -> Outcome:
        """What the target does with the edited items."""
        items = probes.items[:, 0]
        inputs = self.items.batch.take(items)
        edited = self.edited(probes, inputs)
        outputs = self.target(edited.inputs, seeds=probes.seed.tolist())
        judgement = self.reward(Evaluation(items, probes.point, inputs, edited, outputs))
        table = torch.stack([column.float() for column in judgement]).cpu().numpy()
        reward, failed, severity, predicted, confidence, score = table
        output_text, input_truncated = outputs.output_text(self.keep), outputs.truncated()
        return Outcome(
            reward, failed > 0, severity, predicted.astype(np.int64), confidence, score, output_text, input_truncated
        )

    def edited(self, probes: Probes, inputs: AnyBatch) -> AnyBatch:
        """The items as the target sees them, ``(B, ...)``, from the unedited ones; the seed of an edit is the item.

        Where the edits make another class right, it is theirs.
        """
        if probes.path.shape[1]:
            return self.space.compound(inputs, probes.path, probes.items[:, 0])
        return self.space.apply(inputs, probes.point, probes.items[:, 0])
