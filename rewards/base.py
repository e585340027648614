"""What a reward is told and what it answers.

Shapes: ``B`` batch, ``K`` concepts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch


class Evaluation(NamedTuple):
    """One batch of everything a reward may need."""

    items: np.ndarray  # (B,) indices into the data
    points: np.ndarray  # (B, K) level indices, -1 where a concept is not applied
    inputs: Any  # (B, ...) as the data holds them
    edited: Any  # (B, ...) as the target saw them
    outputs: Any  # of the target, such as ClassifierOutputs
    references: torch.Tensor  # (B,) int64 groups of the items; of a classifier, the true classes
    steps: np.ndarray  # (B,) steps taken in the episode, this one included


class Judgement(NamedTuple):
    """Verdicts on one batch, on the target's device."""

    reward: torch.Tensor  # (B,) float32
    failed: torch.Tensor  # (B,) bool
    severity: torch.Tensor  # (B,) float32 in [0, 1], one half where it begins to fail
    predicted: torch.Tensor  # (B,) int64 what kind of answer it gave; of a classifier, the class
    confidence: torch.Tensor  # (B,) float32 in [0, 1] how sure the target was of its answer
    truth: torch.Tensor  # (B,) float32 in [0, 1] how right it was; of a classifier, the true class's probability


Reward = Callable[[Evaluation], Judgement]
