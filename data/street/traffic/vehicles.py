"""The vehicle, seen from the side.

A vehicle is painted in coordinates ``(u, v)``: ``u`` goes along its length from -1 at the rear to 1 at the front, ``v``
from 0 on the road upwards in fractions of the picture's side, before it is turned and scaled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2

from failscape.data.street.light import Rgb, blend
from failscape.data.street.traffic.stage import Stage

PAINT: dict[str, Rgb] = {
    "red": (206, 30, 36),
    "blue": (34, 84, 204),
    "green": (30, 146, 64),
    "yellow": (244, 200, 30),
    "white": (242, 242, 240),
}
GLASS: Rgb = (70, 88, 108)
TYRE, HUB, TRIM = (30, 30, 34), (150, 152, 158), (58, 60, 66)
LAMP_ON, LAMP_OFF, TAIL = (255, 244, 170), (190, 194, 200), (150, 16, 24)
CASES: tuple[Rgb, ...] = ((150, 98, 52), (112, 70, 40), (186, 140, 84))
BEAM_SHARE = 0.45  # how much of what lies in the beam of the headlights is their light

Outline = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Body:
    """How one kind of vehicle looks."""

    half: float  # of its length
    roof: float  # height of the roof
    load: tuple[float, float]  # from where to where luggage lies, in u
    outline: Outline
    windows: tuple[tuple[float, float, float, float], ...]  # rear, front, bottom, top
    wheels: tuple[float, ...]  # in u
    radius: float  # of a wheel


BODIES: dict[str, Body] = {
    "car": Body(
        0.235,
        0.215,
        (-0.45, 0.2),
        [
            (-1, 0.05),
            (-1, 0.125),
            (-0.78, 0.135),
            (-0.52, 0.215),
            (0.22, 0.215),
            (0.5, 0.135),
            (0.94, 0.115),
            (1, 0.05),
        ],
        ((-0.5, -0.14, 0.14, 0.198), (-0.08, 0.24, 0.14, 0.198)),
        (-0.6, 0.6),
        0.05,
    ),
    "van": Body(
        0.235,
        0.285,
        (-0.8, 0.2),
        [(-1, 0.05), (-1, 0.285), (0.42, 0.285), (0.76, 0.165), (1, 0.145), (1, 0.05)],
        ((0.08, 0.46, 0.165, 0.25),),
        (-0.62, 0.62),
        0.05,
    ),
    "bus": Body(
        0.31,
        0.3,
        (-0.7, 0.5),
        [(-1, 0.045), (-1, 0.3), (0.96, 0.3), (1, 0.26), (1, 0.045)],
        tuple((u, u + 0.24, 0.155, 0.25) for u in (-0.92, -0.6, -0.28, 0.04, 0.36, 0.68)),
        (-0.62, 0.62),
        0.05,
    ),
    "truck": Body(
        0.31,
        0.315,
        (-0.8, 0.2),
        [(-1, 0.075), (-1, 0.315), (0.36, 0.315), (0.36, 0.075)],
        ((0.62, 0.9, 0.15, 0.215),),
        (-0.72, -0.36, 0.7),
        0.055,
    ),
}
CAB: Outline = [(0.44, 0.05), (0.44, 0.245), (0.86, 0.245), (0.98, 0.15), (1, 0.05)]
CHASSIS: Outline = [(-0.98, 0.055), (-0.98, 0.08), (0.5, 0.08), (0.5, 0.055)]


def draw_vehicle(stage: Stage) -> None:
    """The vehicle with its wheels, windows and lights, and with what lies on its roof."""
    factors, body = stage.factors, BODIES[stage.factors.vehicle]
    paint = PAINT[factors.color]
    if factors.headlights == "on":
        _beam(stage, body)
    if factors.rack == "loaded":
        _luggage(stage, body)
    if factors.vehicle == "truck":
        _fill(stage, body, CHASSIS, TRIM)
        _fill(stage, body, CAB, blend(paint, (30, 30, 40), 0.12))
    _fill(stage, body, body.outline, paint)
    _strip(stage, body, paint)
    for rear, front, bottom, top in body.windows:
        _fill(stage, body, [(rear, bottom), (rear, top), (front, top), (front, bottom)], GLASS)
    for u in body.wheels:
        _disc(stage, body, u, body.radius, body.radius, TYRE)
        _disc(stage, body, u, body.radius, 0.45 * body.radius, HUB)
    _fill(stage, body, [(-1, 0.1), (-1, 0.13), (-0.95, 0.13), (-0.95, 0.1)], TAIL)
    _lamp(stage, body)


def _place(stage: Stage, body: Body, u: float, v: float) -> tuple[float, float]:
    spot = stage.layout.vehicle
    forward = 1 if stage.factors.facing == "right" else -1
    return spot.x + forward * u * body.half * spot.scale, spot.ground - v * spot.scale


def _fill(stage: Stage, body: Body, outline: Outline, color: Rgb) -> None:
    stage.polygon([_place(stage, body, u, v) for u, v in outline], stage.near(color))


def _disc(stage: Stage, body: Body, u: float, v: float, radius: float, color: Rgb) -> None:
    x, y = _place(stage, body, u, v)
    stage.scene.canvas.disc(x, y, radius * stage.layout.vehicle.scale, stage.near(color))


def _strip(stage: Stage, body: Body, paint: Rgb) -> None:
    """The shaded lower edge of the body."""
    rear, front = body.outline[0], body.outline[-1]
    low = rear[1]
    _fill(stage, body, [rear, (rear[0], low + 0.025), (front[0], low + 0.025), front], blend(paint, (20, 20, 30), 0.4))


def _luggage(stage: Stage, body: Body) -> None:
    """Three cases on rails, from rear to front."""
    rear, front = body.load
    width = (front - rear) / len(CASES)
    for number, (color, height) in enumerate(zip(CASES, (0.062, 0.048, 0.058), strict=True)):
        left, right = rear + number * width, rear + (number + 0.94) * width
        low, high = body.roof - 0.005, body.roof + height
        _fill(stage, body, [(left, low), (left, high), (right, high), (right, low)], color)


def _lamp(stage: Stage, body: Body) -> None:
    """The headlight; a lit one has its own light, whatever the time of day."""
    x, y = _place(stage, body, 0.95, 0.1)
    scale, lit = stage.layout.vehicle.scale, stage.factors.headlights == "on"
    stage.scene.canvas.disc(x, y, (0.03 if lit else 0.018) * scale, LAMP_ON if lit else stage.near(LAMP_OFF))


def _beam(stage: Stage, body: Body) -> None:
    """A cone of light in front of the vehicle, half transparent."""
    pixels = stage.scene.canvas.pixels
    before = pixels.copy()
    cone = [(0.95, 0.12), (1.0, 0.11), (1.62, 0.15), (1.62, -0.015), (1.0, 0.07)]
    stage.polygon([_place(stage, body, u, v) for u, v in cone], LAMP_ON)
    cv2.addWeighted(pixels, BEAM_SHARE, before, 1 - BEAM_SHARE, 0, dst=pixels)
