"""What a summarizer answers to.

Shapes: ``B`` batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from failscape.targets.base import Target
from failscape.targets.outputs import SummarizerOutputs


class SummarizerTarget(Target, Protocol):
    """A target that writes a summary of each article."""

    def __call__(self, inputs: Sequence[str] | np.ndarray, /, seeds: Sequence[int] | None = None) -> SummarizerOutputs:
        """Summaries and features for a batch of articles ``(B,)``."""
        ...

    def prepare(self, item: Sequence[str]) -> tuple[str, str]:
        """``(article, reference)`` with the article cut, at a word boundary, to what the target can read of it."""
        ...
