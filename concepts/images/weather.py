"""Weather: fog and snow after ImageNet-C, and rain in their manner.

Images are float32 ``(3, H, W)`` in 0..1; the figures of ImageNet-C are facts of its paper and its published code.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F

from failscape.concepts.images.motion import smear
from failscape.concepts.images.pixels import grey
from failscape.concepts.images.severity import Severity
from failscape.concepts.keyed_random import normals, uniform


class Fog(Severity):
    """Fog of uneven density after ImageNet-C, severity 0 to 5. Identity: 0."""

    name = "fog"
    table = ((1.5, 2), (2, 2), (2.5, 1.7), (2.5, 1.5), (3, 1.4))  # thickness, and decay of its roughness

    def _corrupt(self, image: torch.Tensor, parameters: list[float], seed: int, scale: float) -> torch.Tensor:
        thickness, decay = parameters
        height, width = image.shape[-2:]
        side = 2 ** max(1, math.ceil(math.log2(max(height, width))))
        fog = plasma(side, decay, seed)[:height, :width].to(image.device)
        brightest = image.max()
        return (image + thickness * fog).mul_(brightest / (brightest + thickness))


class Snow(Severity):
    """Falling snow after ImageNet-C, severity 0 to 5; flakes fall within 45° of straight down. Identity: 0.

    As there, the third level has fewer flakes than the second, and larger ones.
    """

    name = "snow"
    # Mean and deviation of the flakes' noise, their size, threshold, length and sigma [px] of their fall, and the share
    # of the image that does not whiten.
    table = (
        (0.1, 0.3, 3, 0.5, 10, 4, 0.8),
        (0.2, 0.3, 2, 0.5, 12, 4, 0.7),
        (0.55, 0.3, 4, 0.9, 12, 8, 0.7),
        (0.55, 0.3, 4.5, 0.85, 12, 8, 0.65),
        (0.55, 0.3, 2.5, 0.85, 12, 12, 0.55),
    )

    def _corrupt(self, image: torch.Tensor, parameters: list[float], seed: int, scale: float) -> torch.Tensor:
        mean, deviation, size, threshold, length, sigma, kept = parameters
        flakes = _specks(self.name, seed, image, size * scale) * deviation + mean
        flakes = torch.where(flakes < threshold, 0.0, flakes).clamp_(0, 1)
        angle = -135 + 90 * float(uniform(self.name, np.array([seed]))[0])
        flakes = smear(flakes, length * scale, sigma * scale, angle)
        white = torch.maximum(image, grey(image[None])[0] * 1.5 + 0.5)
        return torch.lerp(white, image, kept) + flakes + flakes.rot90(2, (1, 2))


class Rain(Severity):
    """Falling rain, severity 0 to 5: bright streaks within 15° of straight down, under a darker sky. Identity: 0."""

    name = "rain"
    # Share of pixels where a streak begins, length [px], brightness of a streak, share of light that is left.
    table = (
        (0.004, 14, 0.7, 0.92),
        (0.007, 18, 0.8, 0.86),
        (0.012, 22, 0.9, 0.8),
        (0.018, 28, 1.0, 0.72),
        (0.026, 36, 1.1, 0.64),
    )

    def _corrupt(self, image: torch.Tensor, parameters: list[float], seed: int, scale: float) -> torch.Tensor:
        share, length, bright, light = parameters
        drops = (_specks(self.name, seed, image, max(1.0, scale)) > _normal_quantile(1 - share)).float()
        angle = -105 + 30 * float(uniform(self.name, np.array([seed]))[0])
        length = max(2.0, length * scale)
        streaks = smear(drops, length, length, angle).mul_(length / 3).clamp_(0, 1)
        return torch.lerp(image * light, torch.ones_like(image), streaks * 0.6 * bright)


def plasma(side: int, decay: float, seed: int) -> torch.Tensor:
    """A cloud by the diamond-square algorithm (Fournier, Fussell and Carpenter 1982), ``(side, side)`` in 0..1.

    Args:
        side: a power of two; the cloud repeats beyond it.
        decay: by how much the roughness falls from each scale to the next finer one.
        seed: of its draws; another decay is a rougher or smoother cloud of the same draws.
    """
    draws = normals("plasma", np.array([seed]), (side, side))[0].numpy()
    cloud = np.zeros((side, side), np.float32)
    step, rough = side, 1.0
    while step >= 2:
        half = step // 2
        corners = cloud[::step, ::step]
        across = corners + np.roll(corners, -1, 0)
        cloud[half::step, half::step] = (across + np.roll(across, -1, 1)) / 4
        cloud[half::step, half::step] += rough * draws[half::step, half::step]
        centres = cloud[half::step, half::step]
        for row, column, along in ((0, half, 1), (half, 0, 0)):  # middles of the squares' upper and left sides
            ends = corners + np.roll(corners, -1, along)
            beside = centres + np.roll(centres, 1, 1 - along)
            cloud[row::step, column::step] = (ends + beside) / 4 + rough * draws[row::step, column::step]
        step, rough = half, rough / decay
    cloud -= cloud.min()
    return torch.from_numpy(cloud / max(float(cloud.max()), 1e-6))


def _specks(name: str, seed: int, image: torch.Tensor, size: float) -> torch.Tensor:
    """Normal noise whose grains are ``size`` pixels wide: ``(1, H, W)``."""
    height, width = image.shape[-2:]
    grains = [max(1, round(n / max(size, 1.0))) for n in (height, width)]
    noise = normals(name, np.array([seed]), (1, *grains)).to(image.device)
    return F.interpolate(noise, (height, width), mode="bilinear", align_corners=False)[0]


def _normal_quantile(share: float) -> float:
    return math.sqrt(2) * float(torch.erfinv(torch.tensor(2 * share - 1, dtype=torch.float64)))
