"""The people in front: all of one trade, with hair of one colour."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from failscape.data.street.light import Rgb
from failscape.data.street.traffic.layout import FEET
from failscape.data.street.traffic.stage import Stage

HEAD, NECK, HIP = 0.262, 0.222, 0.115  # heights above the ground
TROUSERS: Rgb = (52, 56, 74)
SKINS: tuple[Rgb, ...] = ((238, 200, 170), (214, 164, 126), (160, 110, 78), (112, 76, 54))
HAIR: dict[str, Rgb] = {"dark": (36, 26, 24), "red": (214, 84, 24)}
CLOTHES: dict[str, Rgb] = {
    "builder": (250, 128, 20),
    "doctor": (250, 250, 250),
    "gardener": (64, 160, 62),
    "officer": (26, 38, 104),
}


def draw_people(stage: Stage, rng: np.random.Generator) -> None:
    """As many people as the scene has, from left to right."""
    looks = rng.random((3, 2)).tolist()
    for x, (skin, size) in zip(stage.layout.people, looks, strict=False):
        _person(stage, x, 0.96 + 0.08 * size, SKINS[int(skin * len(SKINS))])


def _person(stage: Stage, x: float, size: float, skin: Rgb) -> None:
    canvas, near = stage.scene.canvas, stage.near
    clothes, hair = near(CLOTHES[stage.factors.job]), near(HAIR[stage.factors.hair])

    def at(dx: float, height: float) -> tuple[float, float]:
        return x + dx * size, FEET - height * size

    hem = 0.06 if stage.factors.job == "doctor" else HIP - 0.02
    for side in (-1, 1):
        canvas.path([at(0.018 * side, HIP), at(0.026 * side, 0.0)], 0.026 * size, near(TROUSERS))
    canvas.disc(*at(0, HEAD - 0.004), 0.046 * size, hair)
    canvas.polygon([at(-0.046, HEAD), at(0.046, HEAD), at(0.044, NECK - 0.022), at(-0.044, NECK - 0.022)], hair)
    for side in (-1, 1):
        canvas.path([at(0.04 * side, NECK - 0.025), at(0.058 * side, HIP)], 0.022 * size, clothes)
        canvas.disc(*at(0.058 * side, HIP - 0.008), 0.012 * size, near(skin))
    canvas.polygon([at(-0.048, NECK - 0.012), at(0.048, NECK - 0.012), at(0.046, hem), at(-0.046, hem)], clothes)
    canvas.disc(*at(0, HEAD - 0.01), 0.03 * size, near(skin))
    canvas.polygon(
        [at(-0.03, HEAD + 0.024), at(0.03, HEAD + 0.024), at(0.027, HEAD + 0.01), at(-0.027, HEAD + 0.01)], hair
    )
    DRESSES[stage.factors.job](stage, at, size)


At = Callable[[float, float], tuple[float, float]]


def _builder(stage: Stage, at: At, size: float) -> None:
    """A helmet and a reflective band."""
    canvas = stage.scene.canvas
    band = stage.near((252, 244, 120))
    canvas.polygon([at(-0.048, 0.165), at(0.048, 0.165), at(0.048, 0.148), at(-0.048, 0.148)], band)
    _hat(stage, at, (255, 222, 30), brim=0.046, crown=0.04, height=0.034)


def _doctor(stage: Stage, at: At, size: float) -> None:
    """A red cross on the coat."""
    canvas, red = stage.scene.canvas, stage.near((216, 30, 40))
    canvas.path([at(0, 0.185), at(0, 0.145)], 0.014 * size, red)
    canvas.path([at(-0.02, 0.165), at(0.02, 0.165)], 0.014 * size, red)


def _gardener(stage: Stage, at: At, size: float) -> None:
    """A straw hat."""
    _hat(stage, at, (196, 150, 84), brim=0.072, crown=0.036, height=0.03)


def _officer(stage: Stage, at: At, size: float) -> None:
    """A peaked cap, and a bright belt."""
    canvas = stage.scene.canvas
    canvas.path([at(-0.045, HIP + 0.012), at(0.045, HIP + 0.012)], 0.012 * size, stage.near((226, 226, 230)))
    _hat(stage, at, (20, 30, 88), brim=0.05, crown=0.046, height=0.026)


def _hat(stage: Stage, at: At, color: Rgb, *, brim: float, crown: float, height: float) -> None:
    low, top = HEAD + 0.018, HEAD + 0.018 + height
    canvas, shown = stage.scene.canvas, stage.near(color)
    canvas.polygon([at(-brim, low), at(brim, low), at(brim, low + 0.01), at(-brim, low + 0.01)], shown)
    canvas.polygon([at(-crown, low), at(crown, low), at(0.8 * crown, top), at(-0.8 * crown, top)], shown)


DRESSES: dict[str, Callable[[Stage, At, float], None]] = {
    "builder": _builder,
    "doctor": _doctor,
    "gardener": _gardener,
    "officer": _officer,
}
