"""The landscape of a product of concepts as a still picture: matplotlib figures that need no display.

Shapes: ``H, W`` picture.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.plots.cells import Cells, cells
from failscape.analysis.plots.lattice import BARS_NOTE, title, title_notes
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
    shortened,
    tick_texts,
)
from failscape.analysis.plots.symbols import positions_of
from failscape.common.visible import visible
from failscape.concepts.base import Concept

AZIMUTH, ELEVATION = -66, 28  # [deg], from where no point of a cube hides another
SHORT = 3  # letters of a tick that stands upright
COLOURS = ScalarMappable(Normalize(0, 100), SCALE)


@own_text()
def lattice_picture(landscape: Landscape) -> Figure:
    """What :func:`~failscape.analysis.plots.lattice.lattice_figure` shows, as a still."""
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
    figure.suptitle(f"{visible(title(landscape, drawn))}\n{visible(notes)}", fontsize=11, color=INK)


def name_axis(axes: Any, letter: str, concept: Concept) -> None:
    """Label an axis whose positions are level indices."""
    texts = [shortened(text) for text in tick_texts(concept)]
    step = 1 if concept.categorical else -(-len(texts) // 10)
    long = letter == "x" and concept.categorical and axes.name != "3d" and max(map(len, texts)) > SHORT
    slanted = {"rotation": 30, "ha": "right"} if long else {}
    getattr(axes, f"set_{letter}ticks")(range(0, len(texts), step), texts[::step], **slanted)
    getattr(axes, f"set_{letter}label")(axis_title(concept))
    getattr(axes, f"set_{letter}lim")(-0.5, len(texts) - 0.5)


@own_text()
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
    unsure = drawn.unsure.ravel()
    sure = drawn.exists.ravel() & ~unsure
    depth = {"depthshade": False} if deep else {}
    axes.scatter(*positions[:, sure], s=sizes[sure], c=colours[sure], **depth)
    lost = drawn.meaningless.ravel()
    if lost.any():
        axes.scatter(*positions[:, lost], s=smallest * 2, marker="x", c=QUIET, linewidths=1, **depth)
    hollow = {"facecolors": "white", "edgecolors": colours[unsure], "linewidths": 1.8}
    axes.scatter(*positions[:, unsure], s=sizes[unsure], **hollow, **depth)
    for letter, concept in zip("xyz" if deep else "yx", drawn.concepts, strict=True):
        name_axis(axes, letter, concept)
    if deep:
        axes.view_init(elev=ELEVATION, azim=AZIMUTH)
    else:
        axes.grid(color=LINE, zorder=-1)
        axes.set_axisbelow(True)


def _curve(axes: Any, drawn: Cells) -> None:
    concept, exists = drawn.concepts[0], drawn.exists
    levels = np.arange(len(exists)) if concept.categorical else concept.levels
    levels, smoothed, low, high = (values[exists] for values in (levels, drawn.smoothed, drawn.low, drawn.high))
    if not concept.categorical:
        axes.plot(levels, 100 * smoothed, color=QUIET, linewidth=1.5, zorder=1)
    axes.vlines(levels, 100 * low, 100 * high, color=ACCENT, zorder=2)
    colours = COLOURS.to_rgba(100 * smoothed)
    faces = np.where(drawn.unsure[exists][:, None], (1.0, 1.0, 1.0, 1.0), colours)
    axes.scatter(levels, 100 * smoothed, s=90, c=faces, edgecolors=colours, linewidths=1.6, zorder=3)
    axes.set(xlabel=axis_title(concept), ylabel=RATE_TITLE, ylim=(-3, 103))
    if concept.categorical:
        name_axis(axes, "x", concept)
    axes.grid(color=LINE)
