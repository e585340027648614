"""From the factors of traffic scenes to pictures.

Shapes: ``B`` scenes, ``H`` = ``W`` = the side of the picture in [px].
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from failscape.data.street.canvas import Picture
from failscape.data.street.factors import SceneFactors
from failscape.data.street.places import draw_place
from failscape.data.street.render import SIZE, blank, finished, stacked
from failscape.data.street.scene import Scene
from failscape.data.street.sky import draw_sky
from failscape.data.street.traffic.board import draw_board
from failscape.data.street.traffic.factors import TrafficFactors, check_scenes
from failscape.data.street.traffic.layout import SIGN_SIZE, arrange
from failscape.data.street.traffic.people import draw_people
from failscape.data.street.traffic.road import draw_bicycle, draw_birds, draw_road, draw_sign
from failscape.data.street.traffic.stage import Stage
from failscape.data.street.traffic.vehicles import draw_vehicle
from failscape.data.street.weather import draw_haze, draw_weather

EXPOSURE = (0.92, 1.06)


def render_traffic(scenes: Sequence[TrafficFactors], size: int = SIZE) -> Picture:
    """Pictures (B, 3, H, W) uint8 in RGB; a picture depends on its own factors and ``size`` [px] alone.

    Other releases of OpenCV may give a pixel that differs by a few levels.

    Raises:
        UsageError: ``scenes`` is no sequence of scenes, or ``size`` is below 8.
    """
    check_scenes(scenes)
    return stacked([_paint(factors, size) for factors in scenes], size)


def _paint(factors: TrafficFactors, size: int) -> Picture:
    # Each part has dice of its own, so that a changed factor changes nothing else.
    places, backdrop, board, birds, people, air = np.random.default_rng(factors.detail).spawn(6)
    layout = arrange(factors, places)
    exposure = float(places.uniform(*EXPOSURE))
    behind = blank(_backdrop(factors, layout.sign, exposure), size, backdrop)
    stage = Stage(behind, factors, layout)
    draw_sky(behind)
    draw_place(behind)
    draw_road(stage)
    draw_haze(behind)
    draw_birds(stage, birds)
    draw_board(stage, board)
    draw_sign(stage)
    draw_vehicle(stage)
    draw_bicycle(stage)
    draw_people(stage, people)
    draw_weather(Scene(behind.factors, behind.canvas, behind.light, air))
    return finished(behind, size)


def _backdrop(factors: TrafficFactors, sign: tuple[float, float], exposure: float) -> SceneFactors:
    return SceneFactors(
        sign=factors.sign,
        weather=factors.weather,
        light=factors.light,
        place=factors.place,
        size=SIGN_SIZE,
        x=sign[0],
        y=sign[1],
        exposure=exposure,
        detail=factors.detail,
    )
