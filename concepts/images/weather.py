"""Weather: fog and snow of ImageNet-C, and rain in their manner.

Images are float32 ``(3, H, W)`` in 0..1; the figures of ImageNet-C are facts of its paper and its published code.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from scipy.special import ndtri

from failscape.concepts.images.motion import smear
from failscape.concepts.images.pixels import grey
from failscape.concepts.images.severity import Severity
from failscape.concepts.keyed_random import normals, uniform, uniforms
from failscape.concepts.plain_words import Amount

RAIN_SIDE = 224  # [px]


class Fog(Severity):
    """Fog of uneven density as in ImageNet-C, severity 0 to 5. Identity: 0."""

    name = "fog"
    words = Amount("in fog of strength {} on a scale to 5")
    table = ((1.5, 2), (2, 2), (2.5, 1.7), (2.5, 1.5), (3, 1.4))  # thickness, and decay of its roughness

    def _corrupt(self, image: torch.Tensor, parameters: list[float], seed: int) -> torch.Tensor:
        thickness, decay = parameters
        height, width = image.shape[-2:]
        side = 2 ** max(1, math.ceil(math.log2(max(height, width))))
        fog = plasma(side, decay, seed)[:height, :width].to(image.device)
        brightest = image.max()
        return (image + thickness * fog).mul_(brightest / (brightest + thickness))


class Snow(Severity):
    """Falling snow as in ImageNet-C, severity 0 to 5; flakes fall within 45° of straight down. Identity: 0.

    As there, the third level has fewer flakes than the second, and larger ones.
    """

    name = "snow"
    words = Amount("in falling snow of strength {} on a scale to 5")
    # Mean and deviation of the flakes' noise, their size, threshold, radius and sigma [px] of their fall, and the share
    # of the image that does not whiten.
    table = (
        (0.1, 0.3, 3, 0.5, 10, 4, 0.8),
        (0.2, 0.3, 2, 0.5, 12, 4, 0.7),
        (0.55, 0.3, 4, 0.9, 12, 8, 0.7),
        (0.55, 0.3, 4.5, 0.85, 12, 8, 0.65),
        (0.55, 0.3, 2.5, 0.85, 12, 12, 0.55),
    )

    def _corrupt(self, image: torch.Tensor, parameters: list[float], seed: int) -> torch.Tensor:
        mean, deviation, size, threshold, radius, sigma, kept = parameters
        flakes = _flakes(seed, image, size) * deviation + mean
        flakes = torch.where(flakes < threshold, 0.0, flakes).clamp_(0, 1)
        angle = -135 + 90 * float(uniform(self.name, np.array([seed]))[0])
        flakes = smear(flakes, 2 * radius, sigma, angle)
        flakes = flakes.mul_(255).round_().div_(255)[:, : image.shape[1], : image.shape[2]]
        white = torch.maximum(image, grey(image[None])[0] * 1.5 + 0.5)
        return torch.lerp(white, image, kept) + flakes + flakes.rot90(2, (1, 2))


class Rain(Severity):
    """Falling rain, severity 0 to 5: bright streaks within 15° of straight down, under a darker sky. Identity: 0."""

    name = "rain"
    words = Amount("in rain of strength {} on a scale to 5")
    # Share of pixels where a streak begins, length [px of an image whose shorter side is 224], brightness of a streak,
    # share of light that is left.
    table = (
        (0.004, 14, 0.7, 0.92),
        (0.007, 18, 0.8, 0.86),
        (0.012, 22, 0.9, 0.8),
        (0.018, 28, 1.0, 0.72),
        (0.026, 36, 1.1, 0.64),
    )

    def _corrupt(self, image: torch.Tensor, parameters: list[float], seed: int) -> torch.Tensor:
        share, length, bright, light = parameters
        scale = min(image.shape[-2:]) / RAIN_SIDE
        drops = (_specks(seed, image, max(1.0, scale)) > float(ndtri(1 - share))).float()
        angle = 75 + 30 * float(uniform(self.name, np.array([seed]))[0])
        length = max(2.0, length * scale)
        streaks = smear(drops, length, length, angle).mul_(length / 3).clamp_(0, 1)
        return torch.lerp(image * light, torch.ones_like(image), streaks * 0.6 * bright)


def plasma(side: int, decay: float, seed: int) -> torch.Tensor:
    """A cloud by the diamond-square algorithm (Fournier, Fussell and Carpenter 1982), ``(side, side)`` in 0..1.

    Args:
        side: a power of two; the cloud repeats beyond it.
        decay: the root of how much the roughness falls from each scale to the next finer one. ImageNet-C draws evenly
            from ±w and multiplies by w again; w falls by the decay, so the roughness falls by its square.
        seed: of its draws; another decay is a rougher or smoother cloud of the same draws.
    """
    draws = 2 * uniforms("plasma", seed, (side, side)) - 1
    cloud = np.zeros((side, side))
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
        step, rough = half, rough / decay**2
    cloud -= cloud.min()
    return torch.from_numpy((cloud / max(float(cloud.max()), 1e-6)).astype(np.float32))


def _flakes(seed: int, image: torch.Tensor, size: float) -> torch.Tensor:
    """Normal noise of one draw per pixel whose middle is blown up ``size`` times, ``(1, H', W')``, no less than H × W.

    Corners lie on corners, as in SciPy's linear zoom.
    """
    shape = image.shape[-2:]
    middle = [math.ceil(n / size) for n in shape]
    top, left = ((n - m) // 2 for n, m in zip(shape, middle, strict=True))
    noise = normals("snow", np.array([seed]), (1, *shape)).to(image.device)
    noise = noise[:, :, top : top + middle[0], left : left + middle[1]]
    grown = [round(m * size) for m in middle]
    return F.interpolate(noise, grown, mode="bilinear", align_corners=True)[0]


def _specks(seed: int, image: torch.Tensor, size: float) -> torch.Tensor:
    """Normal noise whose grains are ``size`` pixels wide: ``(1, H, W)``."""
    height, width = image.shape[-2:]
    grains = [max(1, round(n / size)) for n in (height, width)]
    noise = normals("rain", np.array([seed]), (1, *grains)).to(image.device)
    return F.interpolate(noise, (height, width), mode="bilinear", align_corners=False)[0]
