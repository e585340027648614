"""What a reward is told and what it answers.

Shapes: ``B`` batch, ``K`` concepts.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
import torch


class Evaluation(NamedTuple):
    """One batch of everything a reward may need."""

    items: np.ndarray  # (B,) indices into the data
    points: np.ndarray  # (B, K) level indices, -1 where a concept is not applied
    inputs: Any  # (B, ...) batch of items, unedited
    edited: Any  # (B, ...) batch as the target saw it, with the right answers as the edits left them
    outputs: Any  # of the target, such as ClassifierOutputs


class Judgement(NamedTuple):
    """Verdicts on one batch, on the target's device."""

    reward: torch.Tensor  # (B,) float32
    failed: torch.Tensor  # (B,) bool
    severity: torch.Tensor  # (B,) float32 in [0, 1], one half where it begins to fail
    predicted: torch.Tensor  # (B,) int64 what kind of answer it gave; of a classifier, the class
    confidence: torch.Tensor  # (B,) float32 in [0, 1] how sure the target was of its answer
    score: torch.Tensor  # (B,) float32 in [0, 1] how right it was; of a classifier, the true class's probability


class Reward(Protocol):
    """How answers are judged."""

    @property
    def answer_names(self) -> tuple[str, ...]:
        """Names of the codes that ``predicted`` holds; empty where they are the target's classes."""
        ...

    @property
    def threshold(self) -> tuple[float, ...] | None:
        """Where a failure begins, as it was calibrated on unedited items; None where nothing was."""
        ...

    def label_effect(self, points: np.ndarray, /) -> np.ndarray:
        """What edits at points do to the right answer, as answers are judged: ``(B, K) -> (B,)`` str."""
        ...

    def __call__(self, evaluation: Evaluation, /) -> Judgement:
        """Verdicts on a batch."""
        ...
