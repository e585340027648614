"""Two towers whose vectors are known: pixels as they are, and for a caption ``like K`` much the same as picture K.

Of every second pair of pictures each caption is more like the other picture than its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from failscape.targets import register_target
from failscape.targets.encoders.settings import EncoderSettings
from failscape.targets.outputs import EncoderOutputs
from tests.support import pair_encoders

N, NOISE = 60, 0.3


def caption_vectors(seed: int = 0) -> np.ndarray:
    """``(N, 192)`` of the captions of all pictures."""
    pixels = pair_encoders.pictures(N)
    flat = ((pixels.transpose(0, 3, 1, 2) / 255 - 0.5) / 0.5).reshape(N, -1)
    other = flat[np.arange(N) ^ 1]
    swapped = (np.arange(N) // 2 % 2 == 0)[:, None]
    noise = np.random.default_rng(seed).standard_normal(flat.shape)
    found: np.ndarray = flat + 1.5 * swapped * other + NOISE * noise
    return found.astype(np.float32)


class LikePictures:
    """The tower of texts."""

    task = "feature-extraction"

    def __init__(self, features: int) -> None:
        self.name, self.device, self.n_queries = "captioned:", torch.device("cpu"), 0
        self.features = features

    @property
    def settings(self) -> EncoderSettings:
        """Fixed ones."""
        return EncoderSettings(
            modality="text",
            library="tests",
            architecture=f"LikePictures {self.features}",
            layer="final",
            token="pooled",
            projection=True,
            activation="",
            dtype="float32",
            input_size="1 word",
            backend="",
            preparation="none",
            weights="",
        )

    def __call__(self, inputs: Any, /, seeds: Sequence[int] | None = None) -> EncoderOutputs:
        """Unit vectors of captions."""
        rows = [int(str(text).split()[-1]) for text in inputs]
        vectors = torch.from_numpy(caption_vectors()[rows, : self.features])
        return EncoderOutputs.of(vectors, np.zeros(len(rows), bool))

    def prepare(self, item: Any) -> Any:
        """A text as it is."""
        return item


@register_target("captioned")
def captioned(name: str, device: str, tower: str = "image", features: str = "192") -> Any:
    """Either tower."""
    if tower == "text":
        return LikePictures(int(features))
    return pair_encoders.everything("", device)
