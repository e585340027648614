"""An encoder of one matrix, which loads in no time, and a program that is killed while it fills a cache with it."""

import os
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from failscape.targets.classifiers.preprocess import Preprocess
from failscape.targets.encoders import cache
from failscape.targets.encoders.choice import Choice
from failscape.targets.encoders.encoder import TowerEncoder
from failscape.targets.encoders.readers import PictureReader
from failscape.targets.encoders.towers import Tower

SIDE, N_ITEMS, BATCH = 8, 40, 7


class Linear(Tower):
    """All pixels times a matrix of fixed random numbers."""

    tokens = ("pooled",)

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.matrix = torch.nn.Parameter(torch.randn(3 * SIDE * SIDE, 5, generator=generator))

    def pool(self, inputs: torch.Tensor) -> torch.Tensor:
        """``(B, 5)``."""
        return inputs.flatten(1) @ self.matrix


def linear_encoder() -> TowerEncoder:
    """The encoder; it reads pictures of 8 x 8 pixels and gives five features."""
    transform = Preprocess(_prepared, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    choice = Choice(None, "pooled", False)
    reader = PictureReader(transform, "pil")
    return TowerEncoder(Linear(), reader, choice, library="tests", architecture="Linear", device="cpu")


def pixels(n: int = N_ITEMS, seed: int = 0) -> torch.Tensor:
    """``(n, 3, 8, 8)`` uint8; each third one is as the first."""
    found = np.random.default_rng(seed).integers(0, 256, (n, 3, SIDE, SIDE), np.uint8)
    found[::3] = found[0]
    return torch.from_numpy(found)


def _prepared(image: Image.Image) -> torch.Tensor:
    return torch.from_numpy(np.asarray(image.resize((SIDE, SIDE))).transpose(2, 0, 1).copy())


def die_while_filling(folder: Path, where: str) -> None:
    """Fill a cache, and be killed by SIGKILL in the third batch: before its rows are written, or just after."""
    whole: Any = cache._Cache._write
    written = []

    def write(self: Any, first: int, vectors: np.ndarray) -> None:
        written.append(first)
        if len(written) == 3 and where == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        whole(self, first, vectors)
        if len(written) == 3:
            os.kill(os.getpid(), signal.SIGKILL)

    cache._Cache._write = write  # type: ignore[method-assign]
    cache.embed(linear_encoder(), cache.in_batches(pixels(), BATCH), folder)


if __name__ == "__main__":
    die_while_filling(Path(sys.argv[1]), sys.argv[2])
