"""Corruptions by severity, as in ImageNet-C (Hendrycks and Dietterich 2019, arXiv 1903.12261): five levels each.

At whole severities they are what the public package ``imagecorruptions`` makes with the same draws, to within the
rounding of a pixel, on images of any size: lengths are pixels and do not grow with the image.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np
import torch

from failscape.concepts.base import Concept
from failscape.concepts.images.pixels import to_pixels


class Severity(Concept):
    """An edit whose strength is a severity in [0, 5].

    From 1 to 5 the parameters are linear between the levels; below 1 the first level is blended in. What is random is
    drawn by the row's seed, so that more severity is more of the same weather.
    """

    table: ClassVar[tuple[tuple[float, ...], ...]]  # parameters at severities 1 to 5
    unit = ""
    identity = 0.0
    limits = (0.0, 5.0)
    default_levels = (0, 1, 2, 3, 4, 5)
    random = True

    def _edit(self, inputs: torch.Tensor, strengths: np.ndarray, seeds: np.ndarray) -> torch.Tensor:
        out = torch.empty_like(inputs)
        for row, (image, strength, seed) in enumerate(zip(inputs, strengths, seeds, strict=True)):
            values = image.float().div_(255)
            severe = self._corrupt(values, self._parameters(strength), int(seed)).clamp_(0, 1)
            out[row] = to_pixels(torch.lerp(values, severe, min(1.0, float(strength))).mul_(255))
        return out

    def _parameters(self, strength: float) -> list[float]:
        levels = np.arange(1, len(self.table) + 1)
        return [float(np.interp(strength, levels, column)) for column in zip(*self.table, strict=True)]

    @abstractmethod
    def _corrupt(self, image: torch.Tensor, parameters: list[float], seed: int) -> torch.Tensor:
        """One image ``(3, H, W)`` float32 in 0..1, corrupted; values outside are clipped. May not change its input."""
