"""The sky and its clouds."""

from __future__ import annotations

import cv2
import numpy as np

from failscape.data.street.light import Rgb, blend, tinted
from failscape.data.street.scene import HORIZON, Scene

OVERCAST: Rgb = (186, 192, 200)
CLOUDS = 3


def draw_sky(scene: Scene) -> None:
    """A gradient from zenith to skyline with clouds; grey unless the weather is clear."""
    light, pixels = scene.light, scene.canvas.pixels
    grey = 0.0 if scene.factors.weather == "clear" else 0.7
    overcast = tinted(OVERCAST, light.tint)
    top, bottom, cloud = (blend(color, overcast, grey) for color in (light.zenith, light.skyline, light.cloud))
    height = round(HORIZON * len(pixels)) + 1
    share = np.linspace(0, 1, height)[:, None]
    rows = np.rint(np.asarray(top) * (1 - share) + np.asarray(bottom) * share).astype(np.uint8)
    pixels[:height] = cv2.repeat(rows[:, None], 1, len(pixels))
    for x, y, width in scene.rng.random((CLOUDS, 3)).tolist():
        _cloud(scene, x, 0.03 + 0.3 * y, 0.05 + 0.06 * width, blend(cloud, bottom, 0.25))


def _cloud(scene: Scene, x: float, y: float, radius: float, color: Rgb) -> None:
    canvas = scene.canvas
    canvas.disc(x, y, radius, color)
    canvas.disc(x - 1.1 * radius, y + 0.25 * radius, 0.7 * radius, color)
    canvas.disc(x + 1.15 * radius, y + 0.2 * radius, 0.75 * radius, color)
    canvas.path([(x - 1.5 * radius, y + 0.55 * radius), (x + 1.6 * radius, y + 0.55 * radius)], 0.8 * radius, color)
