"""What a target is: a frozen model that answers a batch at once.

Shapes: ``B`` batch, ``C`` classes, ``F`` features.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch


class Outputs(NamedTuple):
    """One forward's results, on the target's device."""

    logits: torch.Tensor  # (B, C) float32
    features: torch.Tensor  # (B, F) float32, the input of the last layer

    @property
    def texts(self) -> np.ndarray:
        """Nothing is written: ``(B,)`` object of ``""``."""
        return np.full(len(self.features), "", object)

    @property
    def truncated(self) -> np.ndarray:
        """Everything is read: ``(B,)`` bool."""
        return np.zeros(len(self.features), bool)


class Summaries(NamedTuple):
    """What a summarizer made of a batch of articles."""

    texts: np.ndarray  # (B,) object of str
    features: torch.Tensor  # (B, F) float32, the mean of the last hidden states of what was read, on its device
    truncated: np.ndarray  # (B,) bool: the article did not fit, and its end was not read


class Target(Protocol):
    """A frozen pretrained model under study: evaluation mode, inference mode, an input read once per call.

    Stochastic targets take one seed per sample; deterministic ones ignore ``seeds``.
    """

    name: str
    module: torch.nn.Module  # for mitigation
    device: torch.device
    n_queries: int  # samples evaluated so far

    @property
    def interface(self) -> Mapping[str, Any]:
        """What another target must share to be asked in this one's place, under names that messages can use."""
        ...

    def __call__(self, inputs: Any, /, seeds: Sequence[int] | None = None) -> Any:
        """``Outputs`` or ``Summaries`` for a batch of inputs; the leading axis is the batch."""
        ...


class ClassifierTarget(Target, Protocol):
    """A target whose outputs are class scores for uint8 images ``(B, 3, H, W)``."""

    class_names: tuple[str, ...]  # (C,)

    def __call__(self, inputs: torch.Tensor, /, seeds: Sequence[int] | None = None) -> Outputs:
        """Scores and features for a batch of images."""
        ...

    def prepare(self, image: Any) -> torch.Tensor:
        """A PIL RGB image, resized and cropped as the target wants it: ``(3, H, W)`` uint8, not yet normalised."""
        ...


class SummarizerTarget(Target, Protocol):
    """A target that writes a summary of each article."""

    tokenizer: Any  # for mitigation

    def __call__(self, inputs: Sequence[str] | np.ndarray, /, seeds: Sequence[int] | None = None) -> Summaries:
        """Summaries and features for a batch of articles ``(B,)``."""
        ...

    def prepare(self, item: Sequence[str]) -> tuple[str, str]:
        """``(article, reference)`` with the article cut, at a word boundary, to what the target can read of it."""
        ...
