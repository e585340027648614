"""Something in the way: a grey square of a size, or a grey ninth at a place."""

from __future__ import annotations

import numpy as np
import torch

from failscape.concepts.base import Concept
from failscape.concepts.keyed_random import uniform
from failscape.concepts.plain_words import share

GREY = 128
PLACES = (
    *("nowhere", "top left", "top", "top right"),
    *("left", "middle", "right", "bottom left", "bottom", "bottom right"),
)


class Occlusion(Concept):
    """A grey rectangle somewhere on the image; strength is its side as a share of the image's, in [0, 1]. Identity: 0.

    Its centre is drawn evenly by the row's seed, and what falls outside is cut off (cutout, DeVries and Taylor 2017).
    """

    name = "occlusion"
    words = share("with something grey in the way, {} as wide and as high as the picture")
    kind = "something in the way"
    unit = ""
    identity = 0.0
    limits = (0.0, 1.0)
    default_levels = (0.0, 0.2, 0.3, 0.4, 0.5)
    random = True

    def _edit(self, inputs: torch.Tensor, strengths: np.ndarray, seeds: np.ndarray) -> torch.Tensor:
        y, x = (uniform(self.name, axis, seeds) for axis in ("y", "x"))
        return cover(inputs, np.stack([y - strengths / 2, y + strengths / 2, x - strengths / 2, x + strengths / 2]))


class OccludedPlace(Concept):
    """A grey ninth of the image, at one of 3 × 3 places: 1 is top left, 9 bottom right. Identity: 0.

    Together the places are an occlusion map (Zeiler and Fergus 2014, section 4.2): what must be seen to be recognised.
    """

    name = "occluded_place"
    kind = "a covered part"
    unit = ""
    identity = 0.0
    limits = (0.0, 9.0)
    default_levels = tuple(range(10))
    categorical = True

    def _edit(self, inputs: torch.Tensor, strengths: np.ndarray, seeds: np.ndarray) -> torch.Tensor:
        place = np.rint(strengths) - 1
        row, column = place // 3, place % 3
        edges = np.stack([row / 3, (row + 1) / 3, column / 3, (column + 1) / 3])
        return cover(inputs, np.where(place < 0, 0.0, edges))

    def label(self, level: int) -> str:
        """``occluded_place top left``."""
        return f"{self.name} {PLACES[round(self.levels[level])]}"


def cover(images: torch.Tensor, edges: np.ndarray) -> torch.Tensor:
    """Images with a grey rectangle each; ``edges (4, B)`` are top, bottom, left and right as shares of the image.

    A pixel is covered where its centre is.
    """
    top, bottom, left, right = (torch.as_tensor(edge, dtype=torch.float64).to(images.device) for edge in edges)
    rows, columns = ((torch.arange(n, device=images.device) + 0.5) / n for n in images.shape[-2:])
    across = (rows >= top[:, None]) & (rows < bottom[:, None])  # (B, H)
    along = (columns >= left[:, None]) & (columns < right[:, None])  # (B, W)
    return images.masked_fill((across[:, :, None] & along[:, None, :])[:, None], GREY)
