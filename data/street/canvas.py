"""Anti-aliased drawing on a picture, in the coordinates of whoever draws.

Shapes: ``H, W`` height and width in [px], ``C`` channels, ``P`` points.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

Picture: TypeAlias = npt.NDArray[np.uint8]
Color: TypeAlias = tuple[float, ...]  # channels in [0, 255], in the order of the picture
Points: TypeAlias = Sequence[tuple[float, float]] | npt.NDArray[np.float64]

SHIFT = 6  # OpenCV's fixed point: 1/64 px
FIXED = 1 << SHIFT


class Canvas:
    """Draws on ``pixels`` (H, W, C); a point ``p`` [units] lies at ``origin + scale * p`` [px], y pointing down."""

    def __init__(self, pixels: Picture, scale: float, origin: float = 0.0) -> None:
        self.pixels = pixels
        self._scale = scale
        self._origin = origin

    def _fixed(self, points: Points) -> npt.NDArray[np.int32]:
        # OpenCV counts from the centre of the first pixel; we count from its corner.
        pixels = np.asarray(points) * self._scale + (self._origin - 0.5)
        return np.rint(pixels * FIXED).astype(np.int32)

    def _fixed_value(self, value: float) -> int:
        return round((value * self._scale + (self._origin - 0.5)) * FIXED)

    def polygon(self, points: Points, color: Color) -> None:
        """Fills the polygon (P, 2)."""
        cv2.fillPoly(self.pixels, [self._fixed(points)], color, cv2.LINE_AA, SHIFT)

    def path(self, points: Points, width: float, color: Color) -> None:
        """A line with round ends through ``points`` (P, 2), ``width`` [units] thick."""
        thickness = max(1, round(width * self._scale))
        cv2.polylines(self.pixels, [self._fixed(points)], False, color, thickness, cv2.LINE_AA, SHIFT)

    def lines(self, segments: npt.NDArray[np.float64], width: float, color: Color) -> None:
        """Separate lines (S, 2, 2), ``width`` [units] thick."""
        thickness = max(1, round(width * self._scale))
        cv2.polylines(self.pixels, list(self._fixed(segments)), False, color, thickness, cv2.LINE_AA, SHIFT)

    def disc(self, x: float, y: float, radius: float, color: Color) -> None:
        """A filled disc."""
        center = (self._fixed_value(x), self._fixed_value(y))
        cv2.circle(self.pixels, center, round(radius * self._scale * FIXED), color, -1, cv2.LINE_AA, SHIFT)

    def box(self, left: float, top: float, right: float, bottom: float, color: Color) -> None:
        """A filled upright rectangle with its edges on whole pixels."""
        scale, origin = self._scale, self._origin
        first = (round(origin + scale * left), round(origin + scale * top))
        last = (round(origin + scale * right) - 1, round(origin + scale * bottom) - 1)
        cv2.rectangle(self.pixels, first, last, color, -1)


def arc(x: float, y: float, radius: float, start: float, end: float, points: int = 24) -> npt.NDArray[np.float64]:
    """Points (P, 2) on a circle from angle ``start`` to ``end`` [deg]; 0 points right, 90 down."""
    angles = np.deg2rad(np.linspace(start, end, points))
    return np.stack([x + radius * np.cos(angles), y + radius * np.sin(angles)], axis=-1)


def regular(corners: int, radius: float, start: float) -> npt.NDArray[np.float64]:
    """Corners (corners, 2) of a regular polygon about the origin, the first at angle ``start`` [deg]."""
    return arc(0, 0, radius, start, start + 360, corners + 1)[:-1]
