"""What stands behind the street: rows of buildings, houses with gardens, or open country."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from failscape.data.street.light import Rgb, blend
from failscape.data.street.scene import HORIZON, Scene
from failscape.data.street.trees import bush, conifer, leaf_tree

WALLS: tuple[Rgb, ...] = (
    (176, 120, 98),
    (206, 186, 156),
    (150, 158, 168),
    (190, 150, 120),
    (216, 206, 190),
    (132, 118, 116),
    (168, 176, 160),
    (120, 134, 152),
)
ROOFS: tuple[Rgb, ...] = ((150, 74, 58), (104, 84, 82), (92, 98, 110), (170, 96, 70))
GLASS: Rgb = (86, 104, 124)
LAMP: Rgb = (255, 214, 128)
HILL: Rgb = (122, 156, 112)
MEADOW: Rgb = (140, 176, 92)
BASE = HORIZON + 0.04  # where buildings meet the street

BUILDINGS, HOUSES, TREES = 5, 3, 4


def draw_place(scene: Scene) -> None:
    """The backdrop of the scene's place, from the skyline down to the street."""
    PLACES[scene.factors.place](scene)


def _town(scene: Scene) -> None:
    edges = np.linspace(-0.05, 1.05, BUILDINGS + 1) + scene.rng.uniform(-0.05, 0.05, BUILDINGS + 1)
    for left, right, chance in zip(edges[:-1], edges[1:], scene.rng.random((BUILDINGS, 2)).tolist(), strict=True):
        wall = WALLS[int(chance[0] * len(WALLS))]
        _facade(scene, float(left), float(right), BASE - 0.22 - 0.34 * chance[1], wall)


def _facade(scene: Scene, left: float, right: float, top: float, wall: Rgb) -> None:
    canvas = scene.canvas
    canvas.box(left, top, right, BASE, scene.lit(wall))
    canvas.box(left, top, right, top + 0.02, scene.ground(blend(wall, (60, 50, 50), 0.4)))
    canvas.box(right - 0.012, top, right, BASE, scene.lit(blend(wall, (40, 40, 50), 0.35)))
    _windows(scene, left + 0.03, top + 0.055, right - 0.03, BASE - 0.05)


def _windows(scene: Scene, left: float, top: float, right: float, bottom: float) -> None:
    """A grid of windows, some with a lamp on, inside the rectangle."""
    columns = np.arange(max(left, 0.0), min(right, 1.0) - 0.03, 0.062)
    rows = np.arange(top, bottom - 0.03, 0.085)
    lamps = scene.rng.random((12, 8)) < scene.light.lit_windows
    glass = scene.lit(GLASS)
    for row, y in enumerate(rows.tolist()):
        for column, x in enumerate(columns.tolist()):
            scene.canvas.box(x, y, x + 0.032, y + 0.048, LAMP if lamps[row, column] else glass)


def _suburb(scene: Scene) -> None:
    _hill(scene, 0.08, HILL)
    for house, chance in enumerate(scene.rng.random((HOUSES, 4)).tolist()):
        middle = (house + 0.2 + 0.6 * chance[0]) / HOUSES
        leaf_tree(scene, middle + 0.19, BASE, 0.06 + 0.03 * chance[3])
        _house(scene, middle, 0.09 + 0.04 * chance[1], WALLS[int(chance[2] * len(WALLS))], ROOFS[house % len(ROOFS)])
    for x, size in scene.rng.random((TREES, 2)).tolist():
        bush(scene, x, BASE, 0.03 + 0.025 * size)


def _house(scene: Scene, x: float, half: float, wall: Rgb, roof: Rgb) -> None:
    canvas, eaves = scene.canvas, BASE - 1.3 * half
    canvas.box(x - half, eaves, x + half, BASE, scene.lit(wall))
    canvas.polygon(
        [
            (x - 1.2 * half, eaves),
            (x - 0.5 * half, eaves - 0.9 * half),
            (x + 0.5 * half, eaves - 0.9 * half),
            (x + 1.2 * half, eaves),
        ],
        scene.ground(roof),
    )
    canvas.box(x - 0.14 * half, BASE - 0.7 * half, x + 0.2 * half, BASE, scene.lit(blend(roof, (40, 30, 30), 0.5)))
    lamps = scene.rng.random(2) < 2 * scene.light.lit_windows
    for side, lamp in zip((-0.75, 0.4), lamps, strict=True):
        canvas.box(
            x + side * half,
            eaves + 0.3 * half,
            x + (side + 0.36) * half,
            eaves + 0.75 * half,
            LAMP if lamp else scene.lit(GLASS),
        )


def _country(scene: Scene) -> None:
    _hill(scene, 0.16, blend(HILL, (150, 170, 190), 0.45))
    _hill(scene, 0.08, HILL)
    for kind, x, size in scene.rng.random((TREES + 2, 3)).tolist():
        tree = conifer if kind < 0.5 else leaf_tree
        tree(scene, x, BASE - 0.03, 0.045 + 0.05 * size)


def _hill(scene: Scene, height: float, color: Rgb) -> None:
    """A rolling line of hills that rises ``height`` above the horizon."""
    x = np.linspace(-0.02, 1.02, 14)
    turns, phase, second = scene.rng.random(3).tolist()
    wave = np.sin(2 * np.pi * ((0.6 + turns) * x + phase)) + 0.5 * np.sin(2 * np.pi * (2.2 * x + second))
    ridge = np.stack([x, HORIZON - height * (0.55 + 0.3 * wave)], axis=-1)
    scene.canvas.polygon(np.concatenate([ridge, [(1.02, BASE), (-0.02, BASE)]]), scene.ground(color))


PLACES: dict[str, Callable[[Scene], None]] = {"town": _town, "suburb": _suburb, "country": _country}
