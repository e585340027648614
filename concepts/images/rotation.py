"""Rotation about the centre."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F

from failscape.concepts.base import Concept
from failscape.concepts.images.pixels import grouped, to_pixels


class Rotation(Concept):
    """Rotation about the image's centre [deg], counter-clockwise; corners that open are black.

    Bilinear, on pixel centres. Identity: 0. Multiples of 90° on square images equal :func:`numpy.rot90`.
    """

    name = "rotation"
    unit = "deg"
    identity = 0.0
    limits = (-180.0, 180.0)
    default_levels = (-10, -5, 0, 5, 10)

    def _edit(self, inputs: torch.Tensor, strengths: np.ndarray, seeds: np.ndarray) -> torch.Tensor:
        # Images that turn by the same angle are sampled together, as channels of one image: where to read, and with
        # which weights, is worked out once per angle. On a CPU that halves the cost of a batch.
        return grouped(inputs, strengths, _turn)


def _turn(images: torch.Tensor, angle: float) -> torch.Tensor:
    """Images ``(B, 3, H, W)`` uint8, all turned by ``angle`` [deg]."""
    height, width = images.shape[-2:]
    # PyTorch's CPU kernel gives each sample of a batch to one thread, so one image of many channels is cut into bands.
    n_bands = _largest_divisor(height, torch.get_num_threads()) if images.device.type == "cpu" else 1
    grid = sampling_grid(angle, height, width).to(images.device).view(n_bands, height // n_bands, width, 2)
    channels = images.float().flatten(0, 1).expand(n_bands, -1, -1, -1)
    bands = F.grid_sample(channels, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    return to_pixels(bands).transpose(0, 1).reshape(images.shape)


def _largest_divisor(n: int, limit: int) -> int:
    return next(d for d in range(min(n, limit), 0, -1) if n % d == 0)


def sampling_grid(angle: float, height: int, width: int) -> torch.Tensor:
    """Where each output pixel is read, ``[deg] -> (1, H, W, 2)`` as :func:`torch.nn.functional.grid_sample` wants."""
    radians = math.radians(angle)
    cos, sin = math.cos(radians), math.sin(radians)
    aspect = height / width  # the grid is in half-widths and half-heights
    theta = torch.tensor([[[cos, -sin * aspect, 0.0], [sin / aspect, cos, 0.0]]])
    return F.affine_grid(theta, [1, 1, height, width], align_corners=False)
