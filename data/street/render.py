"""From factors to pictures.

Shapes: ``B`` scenes, ``H`` = ``W`` = the side of the picture in [px].
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from failscape.data.street.canvas import Canvas, Picture
from failscape.data.street.factors import SceneFactors
from failscape.data.street.light import LIGHT
from failscape.data.street.places import draw_place
from failscape.data.street.post import draw_post
from failscape.data.street.road import draw_road
from failscape.data.street.scene import Scene
from failscape.data.street.sky import draw_sky
from failscape.data.street.weather import draw_haze, draw_weather
from failscape.errors import UsageError

SIZE = 64  # [px]
LEAST = 8  # [px]
OVERSAMPLING = 2  # scenes are painted larger and averaged down

LAYERS: tuple[Callable[[Scene], None], ...] = (draw_sky, draw_place, draw_road, draw_haze, draw_post, draw_weather)


def render(factors_batch: Sequence[SceneFactors], size: int = SIZE) -> Picture:
    """Pictures (B, 3, H, W) uint8 in RGB; a picture depends on its own factors and ``size`` [px] alone.

    Other releases of OpenCV may give a pixel that differs by a few levels.
    """
    return stacked([_paint(factors, size) for factors in factors_batch], size)


def blank(factors: SceneFactors, size: int, rng: np.random.Generator) -> Scene:
    """A scene on which nothing is painted yet.

    Raises:
        UsageError: ``size`` is no whole number from 8 up.
    """
    if not isinstance(size, int | np.integer) or size < LEAST:
        raise UsageError(f"the side of a picture is a whole number of pixels from {LEAST} up, not {size!r}")
    side = size * OVERSAMPLING
    canvas = Canvas(np.zeros((side, side, 3), dtype=np.uint8), scale=side)
    return Scene(factors, canvas, LIGHT[factors.light], rng)


def finished(scene: Scene, size: int) -> Picture:
    """The painted scene, averaged down and exposed: (H, W, 3)."""
    picture = cv2.resize(scene.canvas.pixels, (size, size), interpolation=cv2.INTER_AREA)
    return cv2.convertScaleAbs(picture, alpha=scene.factors.exposure).astype(np.uint8, copy=False)


def stacked(pictures: Sequence[Picture], size: int) -> Picture:
    """Pictures (H, W, 3) as a batch (B, 3, H, W)."""
    batch = np.stack(pictures) if pictures else np.zeros((0, size, size, 3), dtype=np.uint8)
    return np.ascontiguousarray(batch.transpose(0, 3, 1, 2))


def _paint(factors: SceneFactors, size: int) -> Picture:
    scene = blank(factors, size, np.random.default_rng(factors.detail))
    for draw in LAYERS:
        draw(scene)
    return finished(scene, size)
