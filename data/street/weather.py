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
FLAKE_WIDTHS, FLAKE_SHARES = (0.014, 0.02, 0.026), (30, 48)  # how wide, and where in the count the next width starts


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
        pixels = scene.canvas.pixels
        color = np.rint(scene.lit(MIST)).astype(np.uint8)
        mist = cv2.repeat(color.reshape(1, 1, 3), *pixels.shape[:2])
        cv2.addWeighted(pixels, 1 - share, mist, share, 0, dst=pixels)


def _rain(scene: Scene) -> None:
    """Slanting streaks, half transparent."""
    start = scene.rng.random((STREAKS, 1, 2)) * (1.2, 1.1) - (0.1, 0.1)
    fall = (0.05 + 0.07 * scene.rng.random((STREAKS, 1, 1))) * (-0.22, 1.0)
    before = scene.canvas.pixels.copy()
    scene.canvas.lines(np.concatenate([start, start + fall], axis=1), 0.01, scene.lit(STREAK))
    cv2.addWeighted(scene.canvas.pixels, 0.7, before, 0.3, 0, dst=scene.canvas.pixels)


def _snow(scene: Scene) -> None:
    """Flakes of three sizes, most of them small."""
    places = scene.rng.random((FLAKES, 1, 2))
    for flakes, width in zip(np.split(places, FLAKE_SHARES), FLAKE_WIDTHS, strict=True):
        scene.canvas.lines(np.repeat(flakes, 2, axis=1), width, scene.lit(FLAKE))
