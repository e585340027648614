"""Gaussian blur."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from failscape.concepts.base import Concept
from failscape.concepts.images.pixels import to_pixels
from failscape.concepts.plain_words import Amount


class GaussianBlur(Concept):
    """Gaussian blur with standard deviation ``strength`` [px], in [0, 16]; edges are mirrored. Identity: 0."""

    name = "gaussian_blur"
    words = Amount("out of focus, each dot smeared over about {} dots around it")
    kind = "bad focus"
    unit = "px"
    identity = 0.0
    limits = (0.0, 16.0)
    default_levels = (0.0, 0.5, 1.0, 1.5, 2.0)

    def _edit(self, inputs: torch.Tensor, strengths: np.ndarray, seeds: np.ndarray) -> torch.Tensor:
        kernels = gaussian_kernels(strengths, inputs).repeat_interleave(inputs.shape[1], dim=0)  # (B * 3, taps)
        planes = inputs.float().flatten(0, 1)[None]  # (1, B * 3, H, W): one group per plane
        for axis in (2, 3):
            planes = _convolve(planes, kernels, axis)
        return to_pixels(planes[0].view(inputs.shape))


def gaussian_kernels(sigmas: np.ndarray, like: torch.Tensor) -> torch.Tensor:
    """Normalised kernels, ``(B,) [px] -> (B, 2 * radius + 1)``.

    Each ends at three of its own sigmas, as SciPy's ``truncate=3``; the radius is that of the widest. So an image is
    blurred alike whatever else is in the batch.
    """
    radii = torch.as_tensor((3 * sigmas + 0.5).astype(np.int64)).view(-1, 1)
    radius = max(1, int(radii.max()))
    offsets = torch.arange(-radius, radius + 1, dtype=torch.float32)
    sigma = torch.as_tensor(sigmas, dtype=torch.float32).view(-1, 1).clamp_min(1e-6)  # 0 / 0 where it underflows
    weights = torch.exp(-0.5 * (offsets / sigma) ** 2) * (offsets.abs() <= radii)
    return (weights / weights.sum(1, keepdim=True)).to(like.device)


def _convolve(planes: torch.Tensor, kernels: torch.Tensor, axis: int) -> torch.Tensor:
    """One-dimensional convolution of each plane with its own kernel along ``axis``, mirrored at the edges."""
    radius = kernels.shape[1] // 2
    size = planes.shape[axis]
    index = torch.arange(-radius, size + radius, device=planes.device)
    index = (size - 1) - ((index % (2 * size)) - size + 0.5).abs().sub(0.5).long()  # mirror, also far past the edge
    padded = planes.index_select(axis, index)
    shape = (-1, 1, kernels.shape[1], 1) if axis == 2 else (-1, 1, 1, kernels.shape[1])
    return F.conv2d(padded, kernels.view(shape), groups=planes.shape[1])
