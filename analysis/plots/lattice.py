"""The landscape of a product of concepts as a plotly figure that can be turned.

Shapes: ``K`` axes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.plots.cells import Cells, cells
from failscape.analysis.plots.style import ACCENT, INK, LINE, RATE_TITLE, axis_title, heading, layout, plain, tick_texts
from failscape.analysis.plots.symbols import symbols
from failscape.common.format import count
from failscape.concepts.base import Concept

HEIGHTS = {1: 420, 2: 520, 3: 680}  # [px], by number of axes
BARS_NOTE = "bars: 95 % interval"


def lattice_figure(landscape: Landscape) -> go.Figure:
    """The landscape over its axes, with hover: a curve for one axis, a plane for two, a cube to turn for three.

    Colour is the smoothed failure rate, from 0 to 100 % in every figure; size is certainty; a hollow symbol is unsure.
    A grid of more than three axes is averaged over those that matter least, and the title says over which.
    """
    drawn = cells(landscape)
    n_axes = len(drawn.concepts)
    notes = [*title_notes(landscape, drawn), BARS_NOTE if n_axes == 1 else ""]
    shown = layout(heading(title(landscape, drawn), *notes), HEIGHTS[n_axes])
    if n_axes == 1:
        return go.Figure([_curve(drawn)], {**shown, **_rate_axes(drawn.concepts[0])})
    if n_axes == 2:
        return go.Figure(symbols(drawn), {**shown, **_plane(drawn.concepts)})
    return go.Figure(symbols(drawn), {**shown, **_space(drawn.concepts)})


def title(landscape: Landscape, drawn: Cells) -> str:
    """What a chart of the landscape shows."""
    names = " × ".join(concept.name for concept in drawn.concepts)
    rate = "failure rate" if landscape.is_complete else "smoothed failure rate"
    return f"{landscape.name}: {rate} over {names}"


def title_notes(landscape: Landscape, drawn: Cells) -> list[str]:
    """What it rests on."""
    what = "probes" if landscape.population is None else "rows"
    return [f"n = {count(landscape.n_probes)} {what}", drawn.note]


def _curve(drawn: Cells) -> go.Scatter:
    smoothed, low, high = (100 * values for values in (drawn.smoothed, drawn.low, drawn.high))
    symbols = np.where(drawn.unsure, "circle-open", "circle")
    marker = {"color": smoothed, "coloraxis": "coloraxis", "size": 14, "symbol": symbols, "line": {"width": 2}}
    bars = {"array": high - smoothed, "arrayminus": smoothed - low, "color": ACCENT}
    concept = drawn.concepts[0]
    return go.Scatter(
        x=np.arange(len(smoothed)) if concept.categorical else concept.levels,
        y=smoothed,
        mode="markers" if concept.categorical else "lines+markers",
        line={"color": LINE, "width": 2},
        marker=marker,
        error_y={"type": "data", "symmetric": False, **bars},
        text=drawn.hover(),
        hovertemplate="%{text}<extra></extra>",
    )


def _ticks(concept: Concept) -> dict[str, Any]:
    texts = tick_texts(concept)
    step = 1 if concept.categorical else -(-len(texts) // 12)  # a long axis writes every so-manieth level
    return {
        "title": {"text": plain(axis_title(concept))},
        "tickvals": list(range(0, len(texts), step)),
        "ticktext": [plain(text) for text in texts[::step]],
        "range": [-0.5, len(texts) - 0.5],
        "gridcolor": LINE,
        "zeroline": False,
    }


def _rate_axes(concept: Concept) -> dict[str, Any]:
    plain_axis = {"title": {"text": plain(axis_title(concept))}, "gridcolor": LINE, "zeroline": False}
    x = _ticks(concept) if concept.categorical else plain_axis
    y = {"title": {"text": RATE_TITLE}, "range": [-3, 103], "gridcolor": LINE, "zeroline": False}
    return {"xaxis": x, "yaxis": y, "showlegend": False}


def _plane(concepts: tuple[Concept, ...]) -> dict[str, Any]:
    legend = {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"}
    margin = {"l": 60, "r": 20, "t": 90, "b": 60}
    return {"yaxis": _ticks(concepts[0]), "xaxis": _ticks(concepts[1]), "legend": legend, "margin": margin}


def _space(concepts: tuple[Concept, ...]) -> dict[str, Any]:
    look = {"backgroundcolor": "#f5f7fa", "showbackground": True, "color": INK}
    axes = {f"{letter}axis": {**_ticks(concept), **look} for letter, concept in zip("xyz", concepts, strict=True)}
    # From an angle at which no point of a cube hides another.
    camera = {"eye": {"x": 1.74, "y": 0.85, "z": 0.74}, "center": {"x": 0, "y": 0, "z": -0.08}}
    legend = {"orientation": "h", "x": 0, "y": 0, "yanchor": "top"}
    margin = {"l": 0, "r": 0, "t": 50, "b": 40}
    return {
        "scene": {**axes, "aspectmode": "cube", "camera": camera, "domain": {"y": [0.04, 1]}},
        "legend": legend,
        "margin": margin,
    }
