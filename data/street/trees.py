"""Trees and bushes; ``x`` and ``base`` say where they meet the ground, ``size`` is the radius of the crown."""

from __future__ import annotations

from failscape.data.street.light import Rgb, blend
from failscape.data.street.scene import SNOW, Scene

LEAVES: Rgb = (74, 122, 62)
NEEDLES: Rgb = (46, 92, 70)
BARK: Rgb = (98, 76, 58)
SUN: Rgb = (196, 206, 110)


def leaf_tree(scene: Scene, x: float, base: float, size: float) -> None:
    """A tree with a round crown, lit from the upper left."""
    canvas = scene.canvas
    canvas.path([(x, base), (x, base - 1.4 * size)], 0.3 * size, scene.lit(BARK))
    dark, bright = _crown(scene, LEAVES)
    for dx, dy, radius in ((-0.55, 1.7, 0.7), (0.55, 1.7, 0.7), (0.0, 2.3, 0.85)):
        canvas.disc(x + dx * size, base - dy * size, radius * size, dark)
    canvas.disc(x - 0.2 * size, base - 2.45 * size, 0.5 * size, bright)


def conifer(scene: Scene, x: float, base: float, size: float) -> None:
    """A fir of three tiers."""
    canvas = scene.canvas
    canvas.path([(x, base), (x, base - 0.6 * size)], 0.25 * size, scene.lit(BARK))
    dark, bright = _crown(scene, NEEDLES)
    for tier, color in enumerate((dark, dark, bright)):
        half, foot = (1.0 - 0.22 * tier) * size, base - (0.5 + 0.85 * tier) * size
        canvas.polygon([(x - half, foot), (x + half, foot), (x, foot - 1.5 * size)], color)


def bush(scene: Scene, x: float, base: float, size: float) -> None:
    """A low round bush."""
    dark, bright = _crown(scene, LEAVES)
    scene.canvas.disc(x, base - 0.4 * size, size, dark)
    scene.canvas.disc(x - 0.3 * size, base - 0.7 * size, 0.5 * size, bright)


def _crown(scene: Scene, color: Rgb) -> tuple[Rgb, Rgb]:
    """The shaded and the sunny colour of a crown; snow lies on the upper side alone."""
    top = SNOW if scene.factors.weather == "snow" else SUN
    return scene.lit(color), scene.lit(blend(color, top, 0.7 if top is SNOW else 0.22))
