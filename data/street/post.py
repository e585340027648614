"""The traffic sign on its pole: the only layer that may not be hidden."""

from __future__ import annotations

import math

import cv2
import numpy as np

from failscape.data.street.canvas import Picture
from failscape.data.street.light import Rgb
from failscape.data.street.scene import Scene
from failscape.data.street.signs import REACH, faces

POLE: Rgb = (138, 142, 148)
GLINT: Rgb = (196, 200, 204)
BLEACHED: Rgb = (206, 204, 198)  # what colours fade to


def draw_post(scene: Scene) -> None:
    """The pole, leaning with the sign, and the sign's face upon it."""
    factors = scene.factors
    lean = math.radians(factors.tilt)
    length = 1.1 - factors.y
    x, foot = factors.x - length * math.sin(lean), factors.y + length * math.cos(lean)
    scene.canvas.path([(x, foot), (factors.x, factors.y)], 0.034, scene.lit(POLE))
    scene.canvas.path([(x - 0.006, foot), (factors.x - 0.006, factors.y)], 0.01, scene.lit(GLINT))
    draw_face(scene)


def draw_face(scene: Scene) -> None:
    """The face of the sign alone, turned, bleached and lit."""
    _paste(scene, *_turned_face(scene))


def _turned_face(scene: Scene) -> tuple[Picture, slice, slice]:
    """The face, scaled and turned, (H, W, 4) with RGB premultiplied by alpha, and the rows and columns it lies on."""
    factors, side = scene.factors, len(scene.canvas.pixels)
    span = factors.size * side * REACH  # [px]
    face = next((face for face in reversed(faces(factors.sign)) if len(face) >= span), faces(factors.sign)[0])
    lean, shrink = math.radians(factors.tilt), span / len(face)
    turn = shrink * np.array([[math.cos(lean), -math.sin(lean)], [math.sin(lean), math.cos(lean)]])
    half = math.ceil(span / 2 * (abs(math.cos(lean)) + abs(math.sin(lean)))) + 1
    left, top = (max(0, math.floor(center * side) - half) for center in (factors.x, factors.y))
    right, bottom = (min(side, math.ceil(center * side) + half) for center in (factors.x, factors.y))
    # OpenCV counts from the centre of the first pixel.
    center = np.array([factors.x * side - left, factors.y * side - top]) - 0.5
    move = center - turn @ np.full(2, len(face) / 2 - 0.5)
    turned = cv2.warpAffine(face, np.column_stack([turn, move]), (right - left, bottom - top))
    return turned.astype(np.uint8, copy=False), slice(top, bottom), slice(left, right)


def _paste(scene: Scene, face: Picture, rows: slice, columns: slice) -> None:
    """Puts the bleached, lit ``face`` over the picture."""
    share = scene.factors.fade
    bleach = np.column_stack([(1 - share) * np.eye(3), share * np.asarray(BLEACHED) / 255])
    paint = cv2.transform(face, np.asarray(scene.light.sign_tint)[:, None] * bleach)
    clear = cv2.cvtColor(255 - face[..., 3], cv2.COLOR_GRAY2RGB)
    behind = cv2.multiply(scene.canvas.pixels[rows, columns], clear, scale=1 / 255)
    scene.canvas.pixels[rows, columns] = cv2.add(behind, paint)
