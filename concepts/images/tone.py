"""Tone edits. Darken, brightness, saturation and contrast are blends, as in Pillow's ``ImageEnhance``; hue turns."""

from __future__ import annotations

import numpy as np
import torch
from torchvision.transforms.v2.functional import adjust_hue

from failscape.concepts.base import Concept
from failscape.concepts.images.pixels import cache_sized, grey, grouped, per_image, to_pixels
from failscape.concepts.plain_words import EitherWay, share


class Darken(Concept):
    """Share of the light taken away, in [0, 1]: pixels are multiplied by ``1 - strength``. Identity: 0."""

    name = "darken"
    words = share("in dim light, with {} of the light missing")
    kind = "dim light"
    unit = ""
    identity = 0.0
    limits = (0.0, 1.0)
    default_levels = (0.1, 0.2, 0.3, 0.4, 0.5)

    @cache_sized
    def _edit(self, inputs: torch.Tensor, strengths: np.ndarray, seeds: np.ndarray) -> torch.Tensor:
        return to_pixels(inputs * per_image(1 - strengths, inputs))


class Brightness(Concept):
    """Brightness factor, in [0, 4]: pixels are multiplied by it and clipped. Identity: 1."""

    name = "brightness"
    words = share("at {} of their brightness")
    unit = ""
    identity = 1.0
    limits = (0.0, 4.0)
    default_levels = (0.5, 0.75, 1.0, 1.25, 1.5)

    @cache_sized
    def _edit(self, inputs: torch.Tensor, strengths: np.ndarray, seeds: np.ndarray) -> torch.Tensor:
        return to_pixels(inputs * per_image(strengths, inputs))


class Saturation(Concept):
    """Saturation factor, in [0, 4]: 0 is grey (BT.601 luma), 1 the image itself, above 1 more vivid. Identity: 1."""

    name = "saturation"
    words = share("with {} of their colour")
    unit = ""
    identity = 1.0
    limits = (0.0, 4.0)
    default_levels = (0.5, 0.55, 0.6, 0.65, 0.7)

    @cache_sized
    def _edit(self, inputs: torch.Tensor, strengths: np.ndarray, seeds: np.ndarray) -> torch.Tensor:
        images = inputs.float()
        return to_pixels(torch.lerp(grey(images), images, per_image(strengths, inputs)))


class Contrast(Concept):
    """Contrast factor, in [0, 4]: a blend with the image's mean luma; 0 is flat grey. Identity: 1."""

    name = "contrast"
    words = share("at {} of their contrast")
    unit = ""
    identity = 1.0
    limits = (0.0, 4.0)
    default_levels = (0.4, 0.7, 1.0, 1.3, 1.6)

    @cache_sized
    def _edit(self, inputs: torch.Tensor, strengths: np.ndarray, seeds: np.ndarray) -> torch.Tensor:
        images = inputs.float()
        mean = grey(images).mean(dim=(1, 2, 3), keepdim=True)
        return to_pixels(torch.lerp(mean, images, per_image(strengths, inputs)))


class Hue(Concept):
    """Hue turned by this share of the colour wheel, in [-0.5, 0.5]; greys stay. Identity: 0.

    In the hue, saturation and value of :func:`torchvision.transforms.v2.functional.adjust_hue`.
    """

    name = "hue"
    words = EitherWay(
        "with colours turned", "from red towards violet", "from red towards yellow", "by {} of a full circle"
    )
    unit = ""
    identity = 0.0
    limits = (-0.5, 0.5)
    default_levels = (-0.2, -0.1, 0.0, 0.1, 0.2)
    harmless = (0.0, 0.0)

    @cache_sized
    def _edit(self, inputs: torch.Tensor, strengths: np.ndarray, seeds: np.ndarray) -> torch.Tensor:
        return grouped(inputs, strengths, adjust_hue)
