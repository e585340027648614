"""The board, with a letter and perhaps a flag on it, both in a pattern that vanishes where a picture is halved.

Board, letter and flag are made of cells, 1/32 of the picture's side wide. A patterned cell is a checkerboard of two
bright and two dark quarters whose mean is the plain board. A picture of 64 px shows each quarter as one pixel; at 32 px
what is left of them is the plain board, whichever of the usual interpolations is used.
"""

from __future__ import annotations

import functools

import cv2
import numpy as np

from failscape.data.street.canvas import Picture
from failscape.data.street.light import Rgb
from failscape.data.street.traffic.layout import ROAD
from failscape.data.street.traffic.stage import Stage

CELLS = 32  # per side of the picture
WIDTH, HEIGHT = 13, 8  # cells
PLAIN, SWING = 132, 84  # the board's level, and how far the pattern goes up and down
GRAIN = 4  # [levels] by which cells differ by chance
SOFT = np.array([1, 4, 6, 4, 1]) / 16  # edges without corners, which a smaller picture would show
POLE: Rgb = (120, 122, 126)
LETTERS = {
    "T": ("######", "######", "..##..", "..##..", "..##..", "..##.."),
    "L": ("##....", "##....", "##....", "##....", "######", "######"),
}
FLAG = ("####", "####", "####", "#...", "#...", "#...")


def draw_board(stage: Stage, rng: np.random.Generator) -> None:
    """The board on its pole."""
    column, row = stage.layout.board
    middle = (column + WIDTH / 2) / CELLS
    stage.scene.canvas.path([(middle, row / CELLS), (middle, ROAD)], 0.022, stage.scene.lit(POLE))
    grain = rng.integers(-GRAIN, GRAIN + 1, (HEIGHT, WIDTH))
    swing = _pattern(stage.factors.letter, stage.factors.flag) * SWING
    tint = np.asarray(stage.scene.light.sign_tint)
    plain = np.rint((PLAIN + np.kron(grain, np.ones((2, 2))))[..., None] * tint)
    quarters = (plain + np.rint(swing[..., None] * tint)).astype(np.uint8)
    _lay(stage.scene.canvas.pixels, quarters, column, row)


@functools.cache
def _pattern(letter: str, flag: str) -> np.ndarray:
    """Where quarters of cells are brighter (up to 1) or darker (-1) than the plain board, ``(2 HEIGHT, 2 WIDTH)``."""
    shown = np.zeros((HEIGHT, WIDTH), int)
    shown[1:7, 1:7] = _cells(LETTERS[letter])
    if flag == "shown":
        shown[1:7, 8:12] = _cells(FLAG)
    soft = cv2.sepFilter2D(np.kron(shown, np.ones((2, 2))), -1, SOFT, SOFT)
    rows, columns = np.indices(soft.shape)
    return soft * (1 - 2 * ((rows + columns) % 2))


def _cells(drawing: tuple[str, ...]) -> np.ndarray:
    return np.array([[cell == "#" for cell in row] for row in drawing], int)


def _lay(pixels: Picture, quarters: Picture, column: int, row: int) -> None:
    """Paints the quarters of cells onto the picture, the upper left cell at ``column`` and ``row``."""
    side = len(pixels)
    top, left = round(row * side / CELLS), round(column * side / CELLS)
    bottom, right = round((row + HEIGHT) * side / CELLS), round((column + WIDTH) * side / CELLS)
    pixels[top:bottom, left:right] = cv2.resize(quarters, (right - left, bottom - top), interpolation=cv2.INTER_NEAREST)
