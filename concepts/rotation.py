"""Rotation about the centre."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from failscape.concepts.base import Concept
from failscape.concepts.images import to_pixels


class Rotation(Concept):
    """Rotation about the image's centre [deg], counter-clockwise; corners that open are black.

    Bilinear, on pixel centres. Identity: 0. Multiples of 90° on square images equal :func:`numpy.rot90`.
    """

    name = "rotation"
    unit = "deg"
    identity = 0.0
    limits = (-180.0, 180.0)
    default_levels = (-10, -5, 0, 5, 10)

    def _edit(self, inputs: torch.Tensor, strengths: np.ndarray) -> torch.Tensor:
        # Few distinct angles per batch: building one sampling grid for each is most of what can be saved.
        angles, which = np.unique(strengths, return_inverse=True)
        grids = sampling_grids(angles, inputs.shape[-2], inputs.shape[-1]).to(inputs.device)
        grid = grids[torch.from_numpy(which).to(inputs.device)]
        rotated = F.grid_sample(inputs.float(), grid, mode="bilinear", padding_mode="zeros", align_corners=False)
        return to_pixels(rotated)


def sampling_grids(angles: np.ndarray, height: int, width: int) -> torch.Tensor:
    """Where each output pixel is read, ``(A,) [deg] -> (A, H, W, 2)``, as ``grid_sample`` wants it."""
    radians = np.deg2rad(angles)
    cos, sin = np.cos(radians), np.sin(radians)
    aspect = height / width  # the grid is in half-widths and half-heights
    theta = np.zeros((len(angles), 2, 3))
    theta[:, 0, 0], theta[:, 0, 1] = cos, -sin * aspect
    theta[:, 1, 0], theta[:, 1, 1] = sin / aspect, cos
    size = [len(angles), 1, height, width]
    return F.affine_grid(torch.from_numpy(theta).float(), size, align_corners=False)
