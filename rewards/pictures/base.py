"""What scorers of pictures answer.

Shapes: ``B`` batch, ``H`` and ``W`` pixels.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
import torch

from failscape.data.prompts.batch import Prompts

AS_ASKED = "as asked"  # the answer of a picture with which nothing is wrong; its code is 0


class Scored(NamedTuple):
    """What a scorer makes of a batch of pictures."""

    score: np.ndarray  # (B,) float32, higher is better; NaN where the scorer says nothing of the prompt
    wrong: np.ndarray  # (B,) int64 code of what is wrong, first of all; 0 where nothing is
    confidence: np.ndarray  # (B,) float32 in [0, 1] how sure it is of that


class Scorer(Protocol):
    """Judges pictures beside their prompts; higher scores are better. It is a measuring instrument, and errs."""

    name: str
    range: tuple[float, float]  # of scores
    answers: tuple[str, ...]  # names of the codes of what is wrong
    blind_to: str  # what it does not judge, in a few words
    threshold: tuple[float, ...] | None  # of scores, below which something is wrong; None where that is no matter of it

    def __call__(self, prompts: Prompts, pictures: torch.Tensor) -> Scored:
        """Scores of pictures ``(B, 3, H, W)`` uint8."""
        ...
