"""The time of day: what colour the sky has and how much light falls on things."""

from __future__ import annotations

from typing import NamedTuple

Rgb = tuple[float, float, float]


class Light(NamedTuple):
    """Colours of one time of day, RGB in [0, 255]; a tint is the share of each channel that is seen, in [0, 1]."""

    zenith: Rgb  # the sky at the top
    skyline: Rgb  # the sky at the horizon
    cloud: Rgb
    tint: Rgb  # of all that has no light of its own
    sign_tint: Rgb  # of signs, which throw headlights back
    lit_windows: float  # share of the windows with a lamp behind


LIGHT: dict[str, Light] = {
    "day": Light((84, 152, 222), (206, 230, 244), (252, 253, 255), (1.0, 1.0, 1.0), (1.0, 1.0, 1.0), 0.0),
    "dusk": Light((92, 84, 146), (252, 172, 112), (246, 176, 150), (0.79, 0.71, 0.73), (0.9, 0.83, 0.81), 0.3),
    "night": Light((10, 14, 34), (34, 40, 70), (28, 32, 54), (0.26, 0.28, 0.38), (0.48, 0.48, 0.52), 0.4),
}


def blend(one: Rgb, other: Rgb, share: float) -> Rgb:
    """``one`` with a ``share`` in [0, 1] of ``other`` mixed in."""
    keep = 1 - share
    return (one[0] * keep + other[0] * share, one[1] * keep + other[1] * share, one[2] * keep + other[2] * share)


def tinted(color: Rgb, tint: Rgb) -> Rgb:
    """``color`` as it looks in light of ``tint``."""
    return (color[0] * tint[0], color[1] * tint[1], color[2] * tint[2])
