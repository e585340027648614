"""Where things are in the image: zoom, translation, flip. What opens at the border is black, as under rotation."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F

from failscape.concepts.base import Concept
from failscape.concepts.images.pixels import grouped, to_pixels


class Zoom(Concept):
    """Zoom about the image's centre: 2 doubles the size of things, 0.5 halves it and leaves a black border.

    Bilinear. Enlarging reads the middle of the image, on pixel centres; shrinking is anti-aliased, to whole pixels,
    as Pillow's resize. Identity: 1.
    """

    name = "zoom"
    unit = ""
    identity = 1.0
    limits = (0.1, 10.0)
    default_levels = (0.5, 0.75, 1.0, 1.5, 2.0)

    def _edit(self, inputs: torch.Tensor, strengths: np.ndarray, seeds: np.ndarray) -> torch.Tensor:
        return grouped(inputs, strengths, lambda images, factor: (_enlarge if factor > 1 else _shrink)(images, factor))


class _Shift(Concept):
    """Translation along one axis of the image."""

    axis: ClassVar[int]  # of (B, 3, H, W)
    unit = ""
    identity = 0.0
    limits = (-1.0, 1.0)
    default_levels = (-0.3, -0.15, 0.0, 0.15, 0.3)

    def _edit(self, inputs: torch.Tensor, strengths: np.ndarray, seeds: np.ndarray) -> torch.Tensor:
        size = inputs.shape[self.axis]
        pixels = np.floor(np.abs(strengths) * size + 0.5) * np.sign(strengths)
        return grouped(inputs, pixels, lambda images, by: _translate(images, int(by), self.axis))


class ShiftX(_Shift):
    """Translation to the right as a share of the width, in whole pixels; what opens on the left is black. Identity: 0.

    Negative strengths move to the left.
    """

    name = "shift_x"
    axis = 3


class ShiftY(_Shift):
    """Translation downwards as a share of the height, in whole pixels; what opens above is black. Identity: 0.

    Negative strengths move upwards.
    """

    name = "shift_y"
    axis = 2


class Flip(Concept):
    """Horizontal flip, left for right, where the strength is 0.5 or more. Identity: 0."""

    name = "flip"
    unit = ""
    identity = 0.0
    limits = (0.0, 1.0)
    default_levels = (0.0, 1.0)

    def _edit(self, inputs: torch.Tensor, strengths: np.ndarray, seeds: np.ndarray) -> torch.Tensor:
        flipped = torch.as_tensor(strengths >= 0.5).to(inputs.device).view(-1, 1, 1, 1)
        return torch.where(flipped, inputs.flip(3), inputs)


def _enlarge(images: torch.Tensor, factor: float) -> torch.Tensor:
    """The middle ``1 / factor`` of the images, blown up to their size."""
    height, width = images.shape[-2:]
    theta = torch.tensor([[[1 / factor, 0.0, 0.0], [0.0, 1 / factor, 0.0]]])
    grid = F.affine_grid(theta, [1, 1, height, width], align_corners=False).to(images.device)
    channels = images.float().flatten(0, 1)[None]  # one image of many channels, as all read alike
    sampled = F.grid_sample(channels, grid, mode="bilinear", padding_mode="border", align_corners=False)
    return to_pixels(sampled[0].view(images.shape))


def _shrink(images: torch.Tensor, factor: float) -> torch.Tensor:
    """The images at ``factor`` of their size, on black."""
    height, width = images.shape[-2:]
    small = (max(1, round(height * factor)), max(1, round(width * factor)))
    top, left = (height - small[0]) // 2, (width - small[1]) // 2
    out = torch.zeros_like(images)
    shrunk = F.interpolate(images.float(), small, mode="bilinear", antialias=True)
    out[:, :, top : top + small[0], left : left + small[1]] = to_pixels(shrunk)
    return out


def _translate(images: torch.Tensor, by: int, axis: int) -> torch.Tensor:
    """The images moved by whole pixels along ``axis``."""
    kept = images.shape[axis] - abs(by)
    out = torch.zeros_like(images)
    out.narrow(axis, max(by, 0), kept).copy_(images.narrow(axis, max(-by, 0), kept))
    return out
