"""Two encoders of small pictures: one that sees the red channel alone, and one that sees everything."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from PIL import Image

from failscape.targets import register_target
from failscape.targets.classifiers.preprocess import Preprocess
from failscape.targets.encoders.choice import Choice
from failscape.targets.encoders.encoder import TowerEncoder
from failscape.targets.encoders.readers import PictureReader
from failscape.targets.encoders.towers import Tower

SIDE = 8


class Flat(Tower):
    """Pixels as they are, of some channels, scaled."""

    tokens = ("pooled", "patches")

    def __init__(self, channels: int, scale: float) -> None:
        super().__init__()
        self.channels = channels
        self.scale = torch.nn.Parameter(torch.tensor(scale))

    def pool(self, inputs: torch.Tensor) -> torch.Tensor:
        """``(B, F)``."""
        return (self.scale * inputs[:, : self.channels]).flatten(1)

    def states(self, inputs: torch.Tensor, layer: int | None) -> Any:
        """Each row of pixels as a token."""
        raise NotImplementedError


def _encoder(name: str, channels: int, scale: float) -> TowerEncoder:
    reader = PictureReader(Preprocess(_prepared, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)), "pil")
    choice = Choice(None, "pooled", False)
    return TowerEncoder(Flat(channels, scale), reader, choice, library="tests", architecture=name, device="cpu")


def _prepared(image: Image.Image) -> torch.Tensor:
    return torch.from_numpy(np.asarray(image.resize((SIDE, SIDE))).transpose(2, 0, 1).copy())


@register_target("seesred")
def red(name: str, device: str, scale: str = "1") -> TowerEncoder:
    """Sees red alone; vectors are no numbers where ``scale`` is ``nan``."""
    return _encoder("Red", 1, float(scale))


class Blinded(Tower):
    """A linear map of all pixels that starts with the weight 0 for what is not red."""

    tokens = ("pooled",)

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(3 * SIDE * SIDE, 24, bias=False)
        with torch.no_grad():
            self.layer.weight.copy_(torch.randn(24, 3 * SIDE * SIDE, generator=torch.Generator().manual_seed(0)))
            self.layer.weight[:, SIDE * SIDE :] = 0

    def pool(self, inputs: torch.Tensor) -> torch.Tensor:
        """``(B, F)``."""
        found: torch.Tensor = self.layer(inputs.flatten(1))
        return found


@register_target("blinded")
def blinded(name: str, device: str) -> TowerEncoder:
    """Sees red alone, and can learn to see more."""
    reader = PictureReader(Preprocess(_prepared, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)), "pil")
    choice = Choice(None, "pooled", False)
    return TowerEncoder(Blinded(), reader, choice, library="tests", architecture="Blinded", name=name, device="cpu")


@register_target("seesall")
def everything(name: str, device: str) -> TowerEncoder:
    """Sees all channels."""
    return _encoder("All", 3, 1.0)


def pictures(n: int = 60, seed: int = 0) -> np.ndarray:
    """``(n, 8, 8, 3)`` uint8: of every two the second has the first's red, nearly, and other green and blue."""
    rng = np.random.default_rng(seed)
    found = rng.integers(0, 256, (n, SIDE, SIDE, 3))
    found[1::2, ..., 0] = found[: n - n % 2 : 2, ..., 0] + rng.integers(-9, 10, (n // 2, SIDE, SIDE))
    return found.clip(0, 255).astype(np.uint8)
