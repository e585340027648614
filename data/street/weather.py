"""What is in the air: haze behind the sign, and rain, fog or snow before it."""

from __future__ import annotations

import cv2
import numpy as np

from failscape.data.street.light import Rgb
from failscape.data.street.scene import Scene

MIST: Rgb = (204, 209, 214)
STREAK: Rgb = (222, 228, 236)
FLAKE: Rgb = (252, 253, 255)
HAZE = {"clear": 0.0, "rain": 0.38, "fog": 0.62, "snow": 0.2}  # share of mist over what is far
VEIL = {"clear": 0.0, "rain": 0.22, "fog": 0.3, "snow": 0.08}  # and over what is near
STREAKS, FLAKES = 120, 60


def draw_haze(scene: Scene) -> None:
    """Mist over the backdrop."""
    _mist(scene, HAZE[scene.factors.weather])


def draw_weather(scene: Scene) -> None:
    """A veil of mist over all, and the drops or flakes that fall before it."""
    _mist(scene, VEIL[scene.factors.weather])
    if scene.factors.weather == "rain":
        _rain(scene)
    elif scene.factors.weather == "snow":
        _snow(scene)


def _mist(scene: Scene, share: float) -> None:
    if share:
        table = np.rint(np.add.outer((1 - share) * np.arange(256), share * np.asarray(scene.lit(MIST))))
        scene.canvas.pixels[:] = cv2.LUT(scene.canvas.pixels, table.astype(np.uint8)[None])


def _rain(scene: Scene) -> None:
    """Slanting streaks, half transparent."""
    start = scene.rng.random((STREAKS, 1, 2)) * (1.2, 1.1) - (0.1, 0.1)
    fall = (0.05 + 0.07 * scene.rng.random((STREAKS, 1, 1))) * (-0.22, 1.0)
    before = scene.canvas.pixels.copy()
    scene.canvas.lines(np.concatenate([start, start + fall], axis=1), 0.01, scene.lit(STREAK))
    cv2.addWeighted(scene.canvas.pixels, 0.7, before, 0.3, 0, dst=scene.canvas.pixels)


def _snow(scene: Scene) -> None:
    for x, y, size in scene.rng.random((FLAKES, 3)).tolist():
        scene.canvas.disc(x, y, 0.004 + 0.008 * size * size, scene.lit(FLAKE))
