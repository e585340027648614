"""What a classifier answers to.

Shapes: ``B`` batch, ``C`` classes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import torch

from failscape.targets.base import Target
from failscape.targets.outputs import ClassifierOutputs


@runtime_checkable
class ClassifierTarget(Target, Protocol):
    """A target whose outputs are class scores for uint8 images ``(B, 3, H, W)``."""

    class_names: tuple[str, ...]  # (C,)

    def __call__(self, inputs: torch.Tensor, /, seeds: Sequence[int] | None = None) -> ClassifierOutputs:
        """Scores and features for a batch of images."""
        ...

    def prepare(self, image: Any) -> torch.Tensor:
        """A PIL RGB image, resized and cropped as the target wants it: ``(3, H, W)`` uint8, not yet normalised."""
        ...
