"""Where things are in the image: zoom, translation, flip. What opens at the border is filled as under rotation."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F

from failscape.concepts.base import Concept
from failscape.concepts.images.pixels import grouped, to_pixels
from failscape.concepts.images.resampling import FILL, RESAMPLED, placed
from failscape.concepts.plain_words import EitherWay, OnOff, share


class Zoom(Concept):
    """Zoom about the image's centre: 2 doubles the size of things, 0.5 halves it and leaves a border. Identity: 1.

    Enlarging reads the middle of the image, on pixel centres. Shrinking is to whole pixels and with ``bilinear``
    anti-aliased, as Pillow's resize.
    """

    name = "zoom"
    words = share("at {} of their size")
    kind = "another size"
    unit = ""
    identity = 1.0
    limits = (0.1, 10.0)
    default_levels = (0.5, 0.75, 1.0, 1.5, 2.0)
    options = RESAMPLED
    harmless = (0.0, 2.0)

    def _edit(self, inputs: torch.Tensor, strengths: np.ndarray, seeds: np.ndarray) -> torch.Tensor:
        interpolation, fill = self.chosen["interpolation"], self.chosen["fill"]

        def zoomed(images: torch.Tensor, factor: float) -> torch.Tensor:
            return (
                _enlarge(images, factor, interpolation) if factor > 1 else _shrink(images, factor, interpolation, fill)
            )

        return grouped(inputs, strengths, zoomed)


class _Shift(Concept):
    """Translation along one axis of the image."""

    axis: ClassVar[int]  # of (B, 3, H, W)
    unit = ""
    identity = 0.0
    limits = (-1.0, 1.0)
    default_levels = (-0.3, -0.15, 0.0, 0.15, 0.3)
    options = FILL
    harmless = (-0.5, 0.5)

    def _edit(self, inputs: torch.Tensor, strengths: np.ndarray, seeds: np.ndarray) -> torch.Tensor:
        size = inputs.shape[self.axis]
        pixels = np.floor(np.abs(strengths) * size + 0.5) * np.sign(strengths)

        def moved(images: torch.Tensor, by: float) -> torch.Tensor:
            top, left = (int(by) if self.axis == axis else 0 for axis in (2, 3))
            return placed(images, top, left, (images.shape[2], images.shape[3]), self.chosen["fill"])

        return grouped(inputs, pixels, moved)


class ShiftX(_Shift):
    """Translation to the right as a share of the width, in whole pixels, so nothing is resampled. Identity: 0.

    Negative strengths move to the left.
    """

    name = "shift_x"
    words = EitherWay("moved", "to the left", "to the right", "by {} of the width")
    kind = "moving sideways"
    axis = 3


class ShiftY(_Shift):
    """Translation downwards as a share of the height, in whole pixels, so nothing is resampled. Identity: 0.

    Negative strengths move upwards.
    """

    name = "shift_y"
    words = EitherWay("moved", "up", "down", "by {} of the height")
    kind = "moving up or down"
    axis = 2


class Flip(Concept):
    """Horizontal flip, left for right, where the strength is 0.5 or more. Identity: 0."""

    name = "flip"
    words = OnOff("mirrored, left for right", "not mirrored")
    kind = "mirroring"
    unit = ""
    identity = 0.0
    limits = (0.0, 1.0)
    default_levels = (0.0, 1.0)
    harmless = (-1.0, 0.5)

    def _edit(self, inputs: torch.Tensor, strengths: np.ndarray, seeds: np.ndarray) -> torch.Tensor:
        flipped = torch.as_tensor(strengths >= 0.5).to(inputs.device).view(-1, 1, 1, 1)
        return torch.where(flipped, inputs.flip(3), inputs)


def _enlarge(images: torch.Tensor, factor: float, interpolation: str) -> torch.Tensor:
    """The middle ``1 / factor`` of the images, blown up to their size."""
    height, width = images.shape[-2:]
    theta = torch.tensor([[[1 / factor, 0.0, 0.0], [0.0, 1 / factor, 0.0]]])
    grid = F.affine_grid(theta, [1, 1, height, width], align_corners=False).to(images.device)
    channels = images.float().flatten(0, 1)[None]  # one image of many channels, as all read alike
    sampled = F.grid_sample(channels, grid, mode=interpolation, padding_mode="border", align_corners=False)
    return to_pixels(sampled[0].view(images.shape))


def _shrink(images: torch.Tensor, factor: float, interpolation: str, fill: str) -> torch.Tensor:
    """The images at ``factor`` of their size, in the middle of a canvas of their size."""
    height, width = images.shape[-2:]
    small = (max(1, round(height * factor)), max(1, round(width * factor)))
    smooth = interpolation == "bilinear"
    shrunk = F.interpolate(images.float(), small, mode="bilinear" if smooth else "nearest-exact", antialias=smooth)
    return placed(to_pixels(shrunk), (height - small[0]) // 2, (width - small[1]) // 2, (height, width), fill)
