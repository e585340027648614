"""A traffic scene while it is painted."""

from __future__ import annotations

from dataclasses import dataclass

from failscape.data.street.canvas import Color, Points
from failscape.data.street.light import Rgb, blend, tinted
from failscape.data.street.scene import Scene
from failscape.data.street.traffic.factors import TrafficFactors
from failscape.data.street.traffic.layout import Layout

WHITE: Rgb = (1.0, 1.0, 1.0)
LAMPS = 0.2  # how much less than signs near things darken


@dataclass(frozen=True)
class Stage:
    """What every layer of a traffic scene paints on: the scene, what is true of it, and where everything stands."""

    scene: Scene
    factors: TrafficFactors
    layout: Layout

    def near(self, color: Rgb) -> Rgb:
        """``color`` of something near, which street lamps light at night."""
        return tinted(color, blend(self.scene.light.sign_tint, WHITE, LAMPS))

    def polygon(self, points: Points, color: Color) -> None:
        """Fills a polygon (P, 2)."""
        self.scene.canvas.polygon(points, color)
