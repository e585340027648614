"""What a target is: a frozen model that answers a batch in one forward.

Shapes: ``B`` batch, ``C`` classes, ``F`` features.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import torch


class Outputs(NamedTuple):
    """One forward's results, on the target's device."""

    logits: torch.Tensor  # (B, C) float32
    features: torch.Tensor  # (B, F) float32, the input of the last layer


class Target(Protocol):
    """A frozen pretrained model under study: evaluation mode, inference mode, one forward per call.

    Stochastic targets take one seed per sample; deterministic ones ignore ``seeds``.
    """

    name: str
    module: torch.nn.Module  # for mitigation
    device: torch.device
    n_queries: int  # samples evaluated so far

    def __call__(self, inputs: torch.Tensor, seeds: Sequence[int] | None = None) -> Outputs:
        """Predictions and features for a batch of inputs; the leading axis is the batch."""
        ...


class ClassifierTarget(Target, Protocol):
    """A target whose outputs are class scores for uint8 images ``(B, 3, H, W)``."""

    class_names: tuple[str, ...]  # (C,)

    def prepare(self, image: Any) -> torch.Tensor:
        """A PIL RGB image, resized and cropped as the target wants it: ``(3, H, W)`` uint8, not yet normalised."""
        ...
