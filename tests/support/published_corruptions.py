"""Writes ``tests/concepts/images/published.npz``: what the package imagecorruptions makes of small pictures.

Its draws are replaced by those of our concepts, so that the pictures can be compared pixel by pixel. It needs packages
that the project does not: in an environment of failscape with ``pip install imagecorruptions==1.1.2``,
``python -m tests.support.published_corruptions``.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from failscape.concepts.keyed_random import normals, uniform, uniforms
from tests.support.pictures import picture

FILE = Path(__file__).parents[1] / "concepts" / "images" / "published.npz"
SIZES = ((32, 32), (32, 36))
LARGE = (224, 224)  # the size of ImageNet-C's own pictures; of these, every STEP-th pixel is kept
STEP = 16
SEED = 7
SEVERITIES = (1, 2, 3, 4, 5)
NOISE = (0.08, 0.12, 0.18, 0.26, 0.38)
QUALITIES = (25, 18, 15, 10, 7)
STRENGTHS = {
    "fog": SEVERITIES,
    "snow": SEVERITIES,
    "motion_blur": SEVERITIES,
    "gaussian_noise": NOISE,
    "jpeg": QUALITIES,
}
PUBLISHED = {"jpeg": "jpeg_compression"}  # where it has another name


class Draws:
    """Stands for ``numpy.random``: hands out what the concept of the same name draws."""

    def __init__(self, name: str, shape: tuple[int, int]) -> None:
        self.name, self.shape = name, shape
        side = 2 ** int(np.ceil(np.log2(max(shape))))
        self.plasma, self.step, self.turn = 2 * uniforms("plasma", SEED, (side, side)) - 1, side, 0

    def uniform(self, low: float, high: float, shape: tuple[int, ...] | None = None) -> Any:
        """An angle; with a shape, the next part of the cloud: middles of squares, of upper, of left sides."""
        if shape is None:
            return low + (high - low) * float(uniform(self.name, np.array([SEED]))[0])
        half = self.step // 2
        row, column = ((half, half), (0, half), (half, 0))[self.turn]
        drawn = self.plasma[row :: self.step, column :: self.step]
        self.turn = (self.turn + 1) % 3
        self.step = half if self.turn == 0 else self.step
        return high * drawn

    def normal(self, size: tuple[int, ...], loc: float = 0.0, scale: float = 1.0) -> np.ndarray:
        """Noise of an image ``(H, W, 3)`` or of flakes ``(H, W)``."""
        drawn = normals(self.name, np.array([SEED]), (size[2] if len(size) == 3 else 1, *size[:2]))[0]
        return loc + scale * drawn.permute(1, 2, 0).numpy().astype(float).reshape(size)


def corrupted(corrupt: Any, name: str, severity: int, size: tuple[int, int]) -> np.ndarray:
    """A picture ``(H, W, 3)`` as the package corrupts it."""
    image = picture(*size)[0].permute(1, 2, 0).numpy()
    draws = Draws(name, size)
    with patch("numpy.random.uniform", draws.uniform), patch("numpy.random.normal", draws.normal):
        return corrupt(image, severity, PUBLISHED.get(name, name))


def main() -> None:
    """Corrupt every picture and write the file."""
    vars(np)["float_"] = np.float64  # which imagecorruptions 1.1.2 names, and NumPy 2 no longer has
    corrupt = importlib.import_module("imagecorruptions").corrupt
    made = {}
    for name in STRENGTHS:
        for size in (*SIZES, LARGE):
            every = STEP if size == LARGE else 1
            rows = [corrupted(corrupt, name, severity, size)[::every, ::every] for severity in SEVERITIES]
            made[f"{name} {size[0]}x{size[1]}"] = np.stack(rows)
    np.savez_compressed(FILE, **made)


if __name__ == "__main__":
    main()
