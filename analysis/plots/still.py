"""The landscape as a still picture, for paper and TensorBoard: matplotlib figures that need no display.

Shapes: ``H, W`` picture.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from failscape.analysis.landscape import Landscape
from failscape.analysis.plots.cells import Cells, cells
from failscape.analysis.plots.edit_map import edit_map_picture
from failscape.analysis.plots.landscape import BARS_NOTE, title, title_notes
from failscape.analysis.plots.style import (
    ACCENT,
    INK,
    LINE,
    QUIET,
    RATE_TITLE,
    SCALE,
    UNSURE_NOTE,
    axis_title,
    own_text,
    tick_texts,
)
from failscape.analysis.plots.symbols import positions_of
from failscape.concepts.base import Concept
from failscape.concepts.text.grid import edit_grid

AZIMUTH, ELEVATION = -66, 28  # [deg], from where no point of a cube hides another
COLOURS = ScalarMappable(Normalize(0, 100), SCALE)


@own_text
def landscape_picture(landscape: Landscape, like: Landscape | None = None) -> Figure:
    """What :func:`~failscape.analysis.plots.landscape.landscape_figure` shows, as a still.

    Axes without order are in the order of ``like``, so that two pictures can be compared.
    """
    if edit_grid(landscape.space):
        return edit_map_picture(landscape, like)
    drawn = cells(landscape)
    n_axes = len(drawn.concepts)
    deep = n_axes == 3
    figure = Figure(figsize=(8, 6.6) if deep else (8, 4.8), layout="constrained")
    axes = figure.add_subplot(projection="3d" if deep else None)
    _curve(axes, drawn) if n_axes == 1 else _symbols(axes, drawn)
    head(figure, landscape, drawn)
    notes = [BARS_NOTE if n_axes == 1 else "size: certainty", UNSURE_NOTE if drawn.unsure.any() else ""]
    figure.supxlabel(" · ".join(note for note in notes if note), fontsize=9, color=QUIET)
    figure.colorbar(COLOURS, ax=axes, label=RATE_TITLE, shrink=0.7 if deep else 1, pad=0.1 if deep else 0.02)
    return figure


def head(figure: Figure, landscape: Landscape, drawn: Cells) -> None:
    """Title a figure."""
    notes = " · ".join(note for note in title_notes(landscape, drawn) if note)
    figure.suptitle(f"{_literal(title(landscape, drawn))}\n{notes}", fontsize=11, color=INK)


def _literal(text: str) -> str:
    return text.replace("$", r"\$")  # a pair of them would start mathematics


def name_axis(axes: Any, letter: str, concept: Concept) -> None:
    """Label an axis whose positions are level indices."""
    texts = tick_texts(concept)
    step = -(-len(texts) // 10)
    getattr(axes, f"set_{letter}ticks")(range(0, len(texts), step), texts[::step])
    getattr(axes, f"set_{letter}label")(axis_title(concept))
    getattr(axes, f"set_{letter}lim")(-0.5, len(texts) - 0.5)


@own_text
def pixels(figure: Figure, dpi: int = 110) -> np.ndarray:
    """A figure as a picture, ``(H, W, 3)`` uint8."""
    figure.set_dpi(dpi)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def _symbols(axes: Any, drawn: Cells) -> None:
    deep = len(drawn.concepts) == 3
    positions = positions_of(drawn)
    colours = COLOURS.to_rgba(100 * drawn.smoothed.ravel())
    smallest, largest = (14, 190) if deep else (50, 600)
    sizes = smallest + (largest - smallest) * drawn.certainty.ravel() ** 2
    sure = ~drawn.unsure.ravel()
    depth = {"depthshade": False} if deep else {}
    axes.scatter(*positions[:, sure], s=sizes[sure], c=colours[sure], **depth)
    hollow = {"facecolors": "white", "edgecolors": colours[~sure], "linewidths": 1.8}
    axes.scatter(*positions[:, ~sure], s=sizes[~sure], **hollow, **depth)
    for letter, concept in zip("xyz" if deep else "yx", drawn.concepts, strict=True):
        name_axis(axes, letter, concept)
    if deep:
        axes.view_init(elev=ELEVATION, azim=AZIMUTH)
    else:
        axes.grid(color=LINE, zorder=-1)
        axes.set_axisbelow(True)


def _curve(axes: Any, drawn: Cells) -> None:
    levels, smoothed = drawn.concepts[0].levels, 100 * drawn.smoothed
    axes.plot(levels, smoothed, color=QUIET, linewidth=1.5, zorder=1)
    axes.vlines(levels, 100 * drawn.low, 100 * drawn.high, color=ACCENT, zorder=2)
    colours = COLOURS.to_rgba(smoothed)
    faces = np.where(drawn.unsure[:, None], (1.0, 1.0, 1.0, 1.0), colours)
    axes.scatter(levels, smoothed, s=90, c=faces, edgecolors=colours, linewidths=1.6, zorder=3)
    axes.set(xlabel=axis_title(drawn.concepts[0]), ylabel=RATE_TITLE, ylim=(-3, 103))
    axes.grid(color=LINE)
