"""Digits and letters as strokes, arrows and a walking figure: what signs carry."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from failscape.data.street.canvas import Canvas, Color, Points, arc

GLYPH_WIDTH = 0.6  # of the glyph's height

_oval = arc(0, 0, 1, 0, 360) * (0.3, 0.5) + (0.3, 0.5)

# Strokes in a box 0.6 wide and 1 high.
STROKES: dict[str, tuple[npt.NDArray[np.float64], ...]] = {
    "0": (_oval,),
    "3": (np.concatenate([arc(0.29, 0.25, 0.25, -155, 75), arc(0.29, 0.72, 0.28, -75, 155)]),),
    "5": (np.concatenate([[(0.54, 0.0), (0.1, 0.0), (0.05, 0.47)], arc(0.27, 0.69, 0.31, -130, 145)]),),
    "8": (arc(0.3, 0.24, 0.24, 0, 360), arc(0.3, 0.73, 0.28, 0, 360)),
    "S": (np.concatenate([arc(0.3, 0.25, 0.25, -25, -270), arc(0.3, 0.76, 0.26, -90, 155)]),),
    "T": (np.array([(0.0, 0.0), (0.6, 0.0)]), np.array([(0.3, 0.0), (0.3, 1.0)])),
    "O": (_oval,),
    "P": (np.concatenate([[(0.05, 1.0), (0.05, 0.0)], arc(0.3, 0.28, 0.28, -90, 90), [(0.05, 0.56)]]),),
}


def write(face: Canvas, text: str, height: float, width: float, gap: float, color: Color) -> None:
    """``text`` about the origin, ``height`` [units] high with strokes ``width`` and spaces ``gap`` [units] wide."""
    advance = GLYPH_WIDTH * height + gap
    left = -(advance * len(text) - gap) / 2
    for position, letter in enumerate(text):
        for stroke in STROKES[letter]:
            face.path(stroke * height + (left + position * advance, -height / 2), width, color)


def arrow(face: Canvas, points: Points, width: float, head: float, color: Color) -> None:
    """A line through ``points`` (P, 2) that ends in an arrowhead ``head`` [units] wide."""
    line = np.asarray(points, dtype=np.float64)
    along = (line[-1] - line[-2]) / np.hypot(*(line[-1] - line[-2]))
    across = np.array([-along[1], along[0]]) * head / 2
    tip, base = line[-1], line[-1] - along * head * 0.75
    face.path(np.concatenate([line[:-1], [base]]), width, color)
    face.polygon(np.stack([tip, base + across, base - across]), color)


def walker(face: Canvas, color: Color) -> None:
    """A person walking to the left, about 1 [unit] high, about the origin."""
    face.disc(0.02, -0.46, 0.11, color)
    face.path([(0.03, -0.26), (0.03, 0.08)], 0.17, color)
    face.path([(0.02, 0.08), (-0.12, 0.3), (-0.24, 0.5)], 0.1, color)
    face.path([(0.04, 0.08), (0.14, 0.28), (0.26, 0.48)], 0.1, color)
    face.path([(0.0, -0.28), (-0.16, -0.1), (-0.28, -0.02)], 0.07, color)
    face.path([(0.06, -0.28), (0.2, -0.12), (0.26, 0.02)], 0.07, color)
