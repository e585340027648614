"""The street itself, running to a point on the horizon, and what lies beside it."""

from __future__ import annotations

from failscape.data.street.light import Rgb, blend
from failscape.data.street.scene import HORIZON, Scene

ASPHALT: Rgb = (96, 98, 104)
WET: Rgb = (70, 76, 88)
MARKING: Rgb = (232, 232, 226)
KERB: Rgb = (176, 174, 170)
VERGES: dict[str, Rgb] = {"town": (162, 158, 152), "suburb": (118, 160, 84), "country": (140, 170, 86)}

NEAR_HALF, FAR_HALF = 0.46, 0.035  # half the street's width at the lower edge and at the horizon
DASHES = ((0.03, 0.07), (0.13, 0.22), (0.34, 0.5), (0.7, 0.98))  # from the horizon, 0, to the lower edge, 1


def draw_road(scene: Scene) -> None:
    """Verge, kerb, asphalt and a dashed middle line; wet streets are darker, snow leaves two grey ruts."""
    factors, canvas = scene.factors, scene.canvas
    canvas.box(0, HORIZON + 0.04, 1, 1.01, scene.ground(VERGES[factors.place]))
    bend, shift = scene.rng.random(2).tolist()
    near, far = (0.25 + 0.5 * shift, 1.04), (0.2 + 0.6 * bend, HORIZON + 0.04)
    asphalt = blend(ASPHALT, WET, 0.9 if factors.weather == "rain" else 0.0)
    _strip(scene, near, far, 1.12, (0.0, 1.0), scene.ground(KERB))
    _strip(scene, near, far, 1.0, (0.0, 1.0), scene.lit(blend(asphalt, (206, 212, 222), _snowed(scene))))
    for dash in DASHES:
        _strip(scene, near, far, 0.045, dash, scene.lit(MARKING))


def _snowed(scene: Scene) -> float:
    return 0.65 if scene.factors.weather == "snow" else 0.0


def _strip(
    scene: Scene,
    near: tuple[float, float],
    far: tuple[float, float],
    share: float,
    stretch: tuple[float, float],
    color: Rgb,
) -> None:
    """A ``share`` of the street's width along a ``stretch`` of its length, 0 at the horizon."""
    corners = []
    for along, side in ((stretch[0], -1), (stretch[0], 1), (stretch[1], 1), (stretch[1], -1)):
        half = share * (FAR_HALF + (NEAR_HALF - FAR_HALF) * along)
        x, y = (f + (n - f) * along for f, n in zip(far, near, strict=True))
        corners.append((x + side * half, y))
    scene.canvas.polygon(corners, color)
