"""Rotation about the centre."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F

from failscape.concepts.base import Concept
from failscape.concepts.images.pixels import grouped, to_pixels
from failscape.concepts.images.resampling import PADDING, RESAMPLED
from failscape.concepts.plain_words import EitherWay


class Rotation(Concept):
    """Rotation about the image's centre [deg], counter-clockwise. Identity: 0.

    On pixel centres, the same bits as :func:`torchvision.transforms.v2.functional.rotate` of a tensor with the same
    interpolation. Pillow's bilinear differs at the border: it does not blend the outermost pixels with the fill.
    Multiples of 90° on square images equal :func:`numpy.rot90`.
    """

    name = "rotation"
    words = EitherWay("turned", "clockwise", "counter-clockwise", "by {}", " degrees", 1)
    kind = "turning"
    unit = "deg"
    identity = 0.0
    limits = (-180.0, 180.0)
    default_levels = (-10, -5, 0, 5, 10)
    options = RESAMPLED
    harmless = (-30.0, 30.0)

    def _edit(self, inputs: torch.Tensor, strengths: np.ndarray, seeds: np.ndarray) -> torch.Tensor:
        # Images that turn by the same angle are sampled together, as channels of one image: where to read, and with
        # which weights, is worked out once per angle. On a CPU that halves the cost of a batch.
        turn = partial(_turn, interpolation=self.chosen["interpolation"], padding=PADDING[self.chosen["fill"]])
        return grouped(inputs, strengths, turn)


def _turn(images: torch.Tensor, angle: float, *, interpolation: str, padding: str) -> torch.Tensor:
    """Images ``(B, 3, H, W)`` uint8, all turned by ``angle`` [deg]."""
    height, width = images.shape[-2:]
    quarters, rest = divmod(angle % 360, 90)
    if rest == 0 and (quarters % 2 == 0 or height == width):
        return images.rot90(int(quarters), (2, 3))
    # PyTorch's CPU kernel gives each sample of a batch to one thread, so one image of many channels is cut into bands.
    n_bands = _largest_divisor(height, torch.get_num_threads()) if images.device.type == "cpu" else 1
    grid = sampling_grid(angle, height, width).to(images.device).view(n_bands, height // n_bands, width, 2)
    channels = images.float().flatten(0, 1).expand(n_bands, -1, -1, -1)
    bands = F.grid_sample(channels, grid, mode=interpolation, padding_mode=padding, align_corners=False)
    return to_pixels(bands).transpose(0, 1).reshape(images.shape)


def _largest_divisor(n: int, limit: int) -> int:
    return next(d for d in range(min(n, limit), 0, -1) if n % d == 0)


def sampling_grid(angle: float, height: int, width: int) -> torch.Tensor:
    """Where each output pixel is read, ``[deg] -> (1, H, W, 2)`` as :func:`torch.nn.functional.grid_sample` wants.

    Turned in pixels and scaled to half-widths and half-heights afterwards: another order rounds other pixels.
    """
    radians = math.radians(angle % 360)
    cos, sin = math.cos(radians), math.sin(radians)
    columns = torch.linspace((1 - width) / 2, (width - 1) / 2, width)
    rows = torch.linspace((1 - height) / 2, (height - 1) / 2, height)
    places = torch.stack([columns.expand(height, -1), rows[:, None].expand(-1, width)], dim=-1)  # (H, W, 2) [px]
    turn = torch.tensor([[cos, sin], [-sin, cos]]) / torch.tensor([0.5 * width, 0.5 * height])
    return (places.view(1, -1, 2) @ turn).view(1, height, width, 2)
