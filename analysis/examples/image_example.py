"""A picture, and what an edit made of it.

Shapes: ``B`` images, ``H, W`` image size.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from failscape.analysis.examples.base import Example
from failscape.common.format import percent

SIDE = 336  # shown pictures are enlarged to about this many pixels


@dataclass(frozen=True)
class ImageExample(Example):
    """A picture, and what became of it."""

    label: str  # the true class, which its group may hold with others, as the edit leaves it
    unedited_label: str  # the true class of the unedited picture
    before: np.ndarray  # (H, W, 3) uint8
    after: np.ndarray  # (H, W, 3) uint8

    def captions(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """Two lines each to stand under the two pictures."""
        which = f"probe {self.probe}" if self.probe >= 0 else self.name
        says = f"“{self.answer}” {percent(self.score)}"
        return (f"“{self.answer_before}”", f"truth: {self.label}"), (says, which)


def to_hwc(images: torch.Tensor) -> np.ndarray:
    """uint8 ``(B, 3, H, W)`` as ``(B, H, W, 3)`` on the host."""
    return np.ascontiguousarray(images.cpu().permute(0, 2, 3, 1).numpy())


def save_pair(example: ImageExample, path: Path) -> None:
    """Before and after side by side, enlarged without smoothing where small."""
    factor = max(1, SIDE // example.before.shape[0])
    both = [np.repeat(np.repeat(image, factor, 0), factor, 1) for image in (example.before, example.after)]
    gap = np.full((both[0].shape[0], 12, 3), 255, np.uint8)
    Image.fromarray(np.concatenate([both[0], gap, both[1]], axis=1)).save(path)
