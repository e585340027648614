"""A picture that a target drew for a prompt.

Shapes: ``H, W`` picture.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from failscape.analysis.examples.base import Example
from failscape.analysis.plots.style import INK, QUIET, own_text, shortened
from failscape.records.artifacts import ArtifactStore

SIDE = 336  # shown pictures are enlarged to about this many pixels
MAX_ROWS, MAX_COLUMNS = 6, 4  # of a sheet


@dataclass(frozen=True)
class DrawnExample(Example):
    """A prompt, and what was drawn for it."""

    prompt: str  # as the target read it
    drawn: np.ndarray | None  # (H, W, 3) uint8; None where the picture was not kept, or was withheld
    earlier: np.ndarray | None = None  # (H, W, 3) uint8: what an earlier version of the target drew


def kept_picture(artifacts: ArtifactStore | None, reference: str) -> np.ndarray | None:
    """The picture (H, W, 3) uint8 of a reference in the records; None where there is none."""
    if artifacts is None or not artifacts.holds(reference):
        return None
    with Image.open(io.BytesIO(artifacts.get(reference))) as file:
        return np.array(file.convert("RGB"))


def save_drawn(example: DrawnExample, path: Path) -> None:
    """The picture, after that of the earlier version where there is one; enlarged without smoothing where small."""
    shown = [picture for picture in (example.earlier, example.drawn) if picture is not None]
    shown = shown or [np.full((8, 8, 3), 255, np.uint8)]
    factor = max(1, SIDE // shown[0].shape[0])
    large = [np.repeat(np.repeat(picture, factor, 0), factor, 1) for picture in shown]
    gap = np.full((large[0].shape[0], 12, 3), 255, np.uint8)
    parts = [part for picture in large for part in (picture, gap)][:-1]
    Image.fromarray(np.concatenate(parts, axis=1)).save(path, "PNG")


@own_text()
def drawn_sheet(examples: Sequence[DrawnExample]) -> Figure:
    """The first pictures of the first points, a row each, with what is wrong below."""
    points = list(dict.fromkeys(example.point for example in examples))[:MAX_ROWS]
    rows = [[e for e in examples if e.point == point and e.drawn is not None][:MAX_COLUMNS] for point in points]
    rows = [row for row in rows if row]
    columns, height = max([len(row) for row in rows], default=1), 1.62
    figure = Figure(figsize=(1.75 * columns, 1.75 * height * max(1, len(rows))))
    bounds = {"xlim": (0, 1.08 * columns), "ylim": (height * max(1, len(rows)), 0)}
    axes = figure.add_axes((0.01, 0.01, 0.98, 0.98), aspect="equal", **bounds)
    axes.set_axis_off()
    for i, row in enumerate(rows):
        top = height * i + 0.3
        axes.text(0.04, top - 0.1, shortened(row[0].edit, 30 * columns), fontsize=10, color=INK, fontweight="bold")
        for j, example in enumerate(row):
            assert example.drawn is not None
            left = 1.08 * j + 0.04
            smooth = "nearest" if len(example.drawn) < 112 else "auto"
            axes.imshow(example.drawn, extent=(left, left + 1, top + 1, top), interpolation=smooth)
            axes.text(left, top + 1.13, shortened(example.answer, 24), fontsize=8.5, color=INK, clip_on=True)
            axes.text(left, top + 1.26, shortened(example.group, 24), fontsize=8.5, color=QUIET, clip_on=True)
    axes.set(**bounds)
    return figure
