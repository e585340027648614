"""The road across the picture, the pavement in front of it, and what stands there."""

from __future__ import annotations

import numpy as np

from failscape.data.street.canvas import arc
from failscape.data.street.light import Rgb, blend
from failscape.data.street.post import draw_face
from failscape.data.street.road import ASPHALT, KERB, MARKING, WET
from failscape.data.street.traffic.layout import KERB as NEAR_KERB
from failscape.data.street.traffic.layout import ROAD
from failscape.data.street.traffic.stage import Stage

PAVEMENT: Rgb = (172, 168, 160)
SLUSH: Rgb = (206, 212, 222)
POLE: Rgb = (138, 142, 148)
FRAME: Rgb = (20, 96, 104)
WIRE: Rgb = (60, 62, 68)
FEATHERS: dict[str, Rgb] = {"day": (24, 24, 30), "dusk": (24, 20, 30), "night": (170, 174, 186)}
WIRE_HEIGHT, BIRD_GAP = 0.075, 0.12


def draw_road(stage: Stage) -> None:
    """Kerbs, asphalt and a dashed middle line; wet roads are darker, snow leaves them grey."""
    scene, weather = stage.scene, stage.factors.weather
    asphalt = blend(ASPHALT, WET, 0.9 if weather == "rain" else 0.0)
    asphalt = blend(asphalt, SLUSH, 0.65 if weather == "snow" else 0.0)
    scene.canvas.box(0, ROAD - 0.012, 1, ROAD, scene.ground(KERB))
    scene.canvas.box(0, ROAD, 1, NEAR_KERB, scene.lit(asphalt))
    middle = (ROAD + NEAR_KERB) / 2
    for start in (0.02, 0.27, 0.52, 0.77):
        scene.canvas.box(start, middle - 0.006, start + 0.14, middle + 0.006, scene.lit(MARKING))
    scene.canvas.box(0, NEAR_KERB, 1, 1.01, scene.ground(PAVEMENT))
    scene.canvas.box(0, NEAR_KERB, 1, NEAR_KERB + 0.012, scene.ground(KERB))


def draw_sign(stage: Stage) -> None:
    """The traffic sign on its pole, at the far side of the road."""
    x, y = stage.layout.sign
    stage.scene.canvas.path([(x, ROAD), (x, y)], 0.024, stage.scene.lit(POLE))
    draw_face(stage.scene)


def draw_birds(stage: Stage, rng: np.random.Generator) -> None:
    """A wire from side to side, and the birds on it."""
    canvas, light = stage.scene.canvas, stage.factors.light
    canvas.path([(-0.01, WIRE_HEIGHT), (1.01, WIRE_HEIGHT)], 0.008, stage.scene.lit(WIRE))
    start, *places = rng.uniform(-1, 1, 6).tolist()
    first = 0.5 - BIRD_GAP * (stage.factors.birds - 1) / 2 + 0.08 * start
    for number in range(stage.factors.birds):
        x = first + number * BIRD_GAP + 0.012 * places[number]
        canvas.disc(x, WIRE_HEIGHT - 0.018, 0.02, FEATHERS[light])
        canvas.disc(x + 0.016, WIRE_HEIGHT - 0.038, 0.012, FEATHERS[light])


def draw_bicycle(stage: Stage) -> None:
    """A bicycle at the near kerb, where there is one."""
    if stage.factors.bicycle == "absent":
        return
    canvas, x, ground, radius = stage.scene.canvas, stage.layout.bicycle, 0.965, 0.042
    wheels = [(x - 0.062, ground - radius), (x + 0.062, ground - radius)]
    for wheel in wheels:
        canvas.path(arc(*wheel, radius, 0, 360), 0.014, stage.near((26, 26, 30)))
    (rear_x, hub), (front_x, _) = wheels
    pedals, saddle, bars = (x - 0.01, hub), (x - 0.03, hub - 0.062), (x + 0.045, hub - 0.068)
    frame = stage.near(FRAME)
    for line in ([(rear_x, hub), saddle, pedals, (rear_x, hub)], [saddle, bars, pedals], [bars, (front_x, hub)]):
        canvas.path(line, 0.014, frame)
    canvas.path([(saddle[0] - 0.016, saddle[1]), (saddle[0] + 0.016, saddle[1])], 0.016, stage.near((26, 26, 30)))
