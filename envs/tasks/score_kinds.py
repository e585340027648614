"""Whether the scores of a classifier are logits, of which a softmax is taken, or probabilities already.

Shapes: ``N`` pictures, ``C`` classes.
"""

from __future__ import annotations

import torch

from failscape.errors import UsageError
from failscape.targets.classifiers.base import ClassifierTarget
from failscape.targets.classifiers.classifier import Classifier
from failscape.targets.classifiers.heads import are_probabilities

MIDDLE = 0.5  # which the surest sigmoid of many exceeds


def about_scores(target: ClassifierTarget, scores: torch.Tensor) -> list[str]:
    """What a reader should know of the scores ``(N, C)`` of unedited pictures, a sentence; none where they are logits.

    Raises:
        UsageError: they are probabilities, and the target is of a user's own kind, whose scores are taken as they are.
    """
    if isinstance(target, Classifier) and target.gives_probabilities:
        return [f"{target.name} ends in a softmax: the logarithms of its probabilities are its scores"]
    if are_probabilities(scores):
        raise UsageError(
            f"{target.name} answers with probabilities where scores before the softmax are expected, so confidences "
            "would be wrong; give the logarithms of its probabilities as logits"
        )
    if bool((scores >= 0).all() and (scores <= 1).all() and scores.max() > MIDDLE and scores.shape[1] > 1):
        return [
            f"all scores of {target.name} lie between 0 and 1 and do not sum to 1, as those of a sigmoid do: answers "
            "are right, but confidences and severities, which a softmax of them gives, are too even; give its scores "
            "before the sigmoid"
        ]
    return []
