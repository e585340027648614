"""The traffic signs: their names and how each face is painted.

Faces are painted once, large, in [-1, 1] x [-1, 1], as RGB premultiplied by alpha.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import cv2
import numpy as np

from failscape.data.street.canvas import Canvas, Color, Picture, Points, arc, regular
from failscape.data.street.glyphs import arrow, walker, write

FACE = 256  # [px], width and height of the largest painting of a face
REACH = 1.06  # the face's edge [units]; what is outside [-1, 1] stays clear

RED, BLUE, YELLOW = (200, 24, 34, 255), (18, 84, 176, 255), (250, 196, 24, 255)
WHITE, BLACK = (246, 246, 242, 255), (24, 24, 26, 255)

TRIANGLE = np.array([(0.0, -0.84), (0.97, 0.84), (-0.97, 0.84)])
SQUARE = np.array([(-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)])


def _plate(face: Canvas, corners: Points, rim: Color, fill: Color, border: float) -> None:
    """A plate with round corners, filled and with a rim ``border`` [units] wide."""
    outline = np.concatenate([corners, corners[:1]])
    face.polygon(corners, fill)
    face.path(outline, border, rim)


def _stop(face: Canvas) -> None:
    _plate(face, regular(8, 0.96, 22.5), WHITE, RED, 0.09)
    write(face, "STOP", 0.54, 0.11, 0.1, WHITE)


def _yield(face: Canvas) -> None:
    _plate(face, TRIANGLE * (0.9, -0.9), RED, WHITE, 0.26)


def _no_entry(face: Canvas) -> None:
    face.disc(0, 0, 1, WHITE)
    face.disc(0, 0, 0.95, RED)
    face.polygon([(-0.68, -0.18), (0.68, -0.18), (0.68, 0.18), (-0.68, 0.18)], WHITE)


def _speed(face: Canvas, limit: str) -> None:
    face.disc(0, 0, 1, RED)
    face.disc(0, 0, 0.76, WHITE)
    write(face, limit, 0.72, 0.17, 0.2, BLACK)


def _arrow(face: Canvas, angle: float) -> None:
    """A disc whose arrow points ``angle`` [deg] to the right of straight up."""
    face.disc(0, 0, 1, WHITE)
    face.disc(0, 0, 0.94, BLUE)
    tail, tip = arc(0, 0, 0.68, 90 + angle, 270 + angle, 2)
    arrow(face, [tail, tip], 0.24, 0.76, WHITE)


def _bend(face: Canvas, side: int) -> None:
    """A warning triangle whose arrow bends to the left (-1) or the right (1)."""
    _plate(face, TRIANGLE * 0.95, RED, WHITE, 0.19)
    curve = np.array([(-0.2, 0.6), (-0.2, 0.26), (-0.12, 0.12), (0.06, -0.02), (0.34, -0.24)])
    arrow(face, curve * (side, 1) + (0, 0.02), 0.15, 0.42, BLACK)


def _crossing(face: Canvas) -> None:
    _plate(face, SQUARE, WHITE, BLUE, 0.1)
    face.polygon(TRIANGLE * 0.84, WHITE)
    walker(face, BLACK)


def _priority_road(face: Canvas) -> None:
    _plate(face, regular(4, 0.96, 0), WHITE, WHITE, 0.08)
    _plate(face, regular(4, 0.68, 0), BLACK, YELLOW, 0.05)


def _parking(face: Canvas) -> None:
    _plate(face, SQUARE, WHITE, BLUE, 0.1)
    write(face, "P", 1.1, 0.24, 0.0, WHITE)


# Where the arrows on round blue signs point [deg to the right of straight up].
DIRECTIONS = {"straight": 0.0, "bear-left": -16.0, "bear-right": 16.0, "turn-left": -90.0, "turn-right": 90.0}
PAINTERS: dict[str, Callable[[Canvas], None]] = {
    "stop": _stop,
    "yield": _yield,
    "no-entry": _no_entry,
    "speed-30": functools.partial(_speed, limit="30"),
    "speed-50": functools.partial(_speed, limit="50"),
    "speed-80": functools.partial(_speed, limit="80"),
    **{sign: functools.partial(_arrow, angle=angle) for sign, angle in DIRECTIONS.items()},
    "bend-left": functools.partial(_bend, side=-1),
    "bend-right": functools.partial(_bend, side=1),
    "crossing": _crossing,
    "priority-road": _priority_road,
    "parking": _parking,
}
SIGNS: tuple[str, ...] = tuple(PAINTERS)


@functools.cache
def faces(sign: str) -> tuple[Picture, ...]:
    """The face of ``sign`` at 256, 128, 64 and 32 [px], each (px, px, 4), RGB premultiplied by alpha."""
    pixels: Picture = np.zeros((FACE, FACE, 4), dtype=np.uint8)
    PAINTERS[sign](Canvas(pixels, FACE / 2 / REACH, FACE / 2))
    halves = [pixels]
    while len(halves) < 4:
        half = cv2.resize(halves[-1], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        halves.append(half.astype(np.uint8, copy=False))
    return tuple(halves)
