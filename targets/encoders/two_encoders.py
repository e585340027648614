"""Two encoders as one target: what one of them cannot tell apart, and the other one can.

Shapes: ``B`` batch.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image

from failscape.errors import UsageError
from failscape.targets.base import Weights
from failscape.targets.encoders.base import Encoder
from failscape.targets.encoders.encoder import TowerEncoder
from failscape.targets.outputs import PairOutputs

TASK = "image-pair-comparison"


class TwoEncoders:
    """A target encoder with a reference beside it; only the target is ever changed.

    Args:
        target: under study.
        reference: tells apart what it should.

    Raises:
        UsageError: they are no encoders of pictures that give one vector each.
    """

    task = TASK

    def __init__(self, target: TowerEncoder, reference: TowerEncoder) -> None:
        for encoder in (target, reference):
            if encoder.task != "image-feature-extraction" or encoder.choice.token == "patches":
                raise UsageError(f"{encoder.name} gives no single vector of a picture; pairs need one")
        self.target, self.reference = target, reference
        self.name = target.name
        self.device = torch.device("cpu")  # where pictures are prepared
        self.module = torch.nn.ModuleDict({"target": target.module, "reference": reference.module})
        self.n_queries = 0

    def __call__(self, inputs: torch.Tensor, seeds: Sequence[int] | None = None) -> PairOutputs:
        """Vectors of pictures ``(B, 3, H, W)`` uint8, on the host; each encoder prepares them its own way."""
        self.n_queries += len(inputs)
        pictures = _pictures(inputs)
        encoders = self.target, self.reference
        one, other = (encoder(_prepared(encoder, pictures)).features.cpu() for encoder in encoders)
        return PairOutputs(one, other, one)

    def with_weights(self, weights: Weights) -> TwoEncoders:
        """The same reference beside a target of other weights, by the names that they have in the target.

        Raises:
            ValueError: they are another architecture's.
        """
        return TwoEncoders(self.target.with_weights(weights), self.reference)

    def prepared(self, inputs: torch.Tensor) -> torch.Tensor:
        """Pictures (B, 3, H, W) uint8 as the target takes them: (B, 3, h, w) uint8."""
        return _prepared(self.target, _pictures(inputs))

    def reference_of(self, inputs: torch.Tensor) -> torch.Tensor:
        """The reference's vectors of pictures (B, 3, H, W) uint8, on the host: (B, G)."""
        return self.reference(_prepared(self.reference, _pictures(inputs))).features.cpu()

    def __repr__(self) -> str:
        return f"TwoEncoders({self.target!r} beside {self.reference!r})"


def _pictures(inputs: torch.Tensor) -> list[Image.Image]:
    return [Image.fromarray(np.ascontiguousarray(pixels)) for pixels in inputs.cpu().permute(0, 2, 3, 1).numpy()]


def _prepared(encoder: Encoder, pictures: Sequence[Image.Image]) -> torch.Tensor:
    if not pictures:
        return torch.zeros((0, *encoder.prepare(Image.new("RGB", (8, 8))).shape), dtype=torch.uint8)
    return torch.stack([encoder.prepare(picture) for picture in pictures])
