"""What an encoder answers to.

Shapes: ``B`` batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from failscape.targets.base import LocalTarget
from failscape.targets.encoders.settings import EncoderSettings
from failscape.targets.outputs import EncoderOutputs


class Encoder(LocalTarget, Protocol):
    """A target that gives vectors; its task is ``image-feature-extraction`` or, of texts, ``feature-extraction``."""

    @property
    def settings(self) -> EncoderSettings:
        """Everything that decides the vectors; reads all weights, so that it takes a second per gigabyte."""
        ...

    def __call__(self, inputs: Any, /, seeds: Sequence[int] | None = None) -> EncoderOutputs:
        """Vectors of prepared pictures ``(B, 3, H, W)`` uint8, or of texts ``(B,)``."""
        ...

    def prepare(self, item: Any) -> Any:
        """A PIL image as ``(3, H, W)`` uint8 pixels, resized and cropped but not yet normalised; a text as it is."""
        ...
