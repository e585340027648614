"""A scene while it is painted: its factors, its canvas, its light and its dice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from failscape.data.street.canvas import Canvas
from failscape.data.street.factors import SceneFactors
from failscape.data.street.light import Light, Rgb, blend, tinted

HORIZON = 0.62  # from the top; lengths in a scene are fractions of its side
SNOW: Rgb = (240, 244, 250)


@dataclass(frozen=True)
class Scene:
    """What every layer paints on. Layers take their dice in one order, so that a changed factor changes little else."""

    factors: SceneFactors
    canvas: Canvas
    light: Light
    rng: np.random.Generator

    def lit(self, color: Rgb) -> Rgb:
        """``color`` as the time of day shows it."""
        return tinted(color, self.light.tint)

    def ground(self, color: Rgb) -> Rgb:
        """The ``color`` of something that snow lies on, as the time of day shows it."""
        return self.lit(blend(color, SNOW, 0.85 if self.factors.weather == "snow" else 0.0))
