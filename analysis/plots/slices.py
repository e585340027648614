"""Slices of the landscape: a heat map for each level of one axis.

Shapes: ``K`` axes.
"""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.plots.cells import Cells, cells
from failscape.analysis.plots.lattice import title, title_notes
from failscape.analysis.plots.style import QUIET, axis_title, heading, layout, plain, tick_texts

MAX_PANELS = 9
MAX_WRITTEN = 64  # cells of a panel, at most, that have their rate written in them


def slices_figure(landscape: Landscape) -> go.Figure:
    """Heat maps of the smoothed failure rate [%], one panel for each level of the first axis shown.

    One axis gives a single row and two a single panel. Of more than nine levels, nine are shown. Cells that are unsure
    carry a question mark.
    """
    drawn = cells(landscape)
    panels = panel_levels(drawn)
    figure = make_subplots(
        cols=len(panels),
        shared_yaxes=True,
        horizontal_spacing=0.015,
        subplot_titles=[plain(text) for text in panel_titles(drawn, panels)],
    )
    texts = np.reshape(drawn.hover(), drawn.smoothed.shape)
    for column, level in enumerate(panels, start=1):
        figure.add_trace(
            _heat_map(drawn, panel(drawn, drawn.smoothed, level), level, panel(drawn, texts, level)), 1, column
        )
    height = 150 + max(90, min(50 * len(panel(drawn, drawn.smoothed, panels[0])), 340))
    notes = [*title_notes(landscape, drawn), "?: unsure" if drawn.unsure.any() else ""]
    margin = {"l": 60, "r": 20, "t": 80, "b": 50}
    _hatch(figure, drawn, panels)
    figure.update_layout(**layout(heading(title(landscape, drawn), *notes), height, margin=margin))
    figure.update_annotations(font_size=13)
    figure.update_xaxes(showgrid=False, type="category")
    figure.update_yaxes(showgrid=False, type="category")
    y, x = side_axes(drawn)
    figure.update_xaxes(title_text=plain(x), col=(len(panels) + 1) // 2)
    figure.update_yaxes(title_text=plain(y), col=1)
    return figure


def _heat_map(drawn: Cells, rates: np.ndarray, level: int, hover: np.ndarray) -> go.Heatmap:
    rows, columns = drawn.concepts[-2:] if len(drawn.concepts) > 1 else (None, drawn.concepts[0])
    written = cell_texts(drawn, level) if rates.size <= MAX_WRITTEN else None
    return go.Heatmap(
        z=100 * rates,
        x=[plain(text) for text in tick_texts(columns)],
        y=[plain(text) for text in tick_texts(rows)] if rows else [""],
        coloraxis="coloraxis",
        xgap=1,
        ygap=1,
        text=written,
        textfont={"size": 12},
        texttemplate="%{text}" if written is not None else None,
        customdata=hover,
        hovertemplate="%{customdata}<extra></extra>",
    )


def _hatch(figure: go.Figure, drawn: Cells, panels: list[int]) -> None:
    """Strokes over the cells where the edits leave no right answer."""
    for column, level in enumerate(panels, start=1):
        for y, x in np.argwhere(panel(drawn, drawn.meaningless, level)).tolist():
            for ends in strokes(x, y):
                figure.add_shape(type="line", **ends, line={"color": QUIET, "width": 1}, row=1, col=column)


def strokes(x: float, y: float, n: int = 4) -> list[dict[str, float]]:
    """Slanted lines that fill the unit cell about a point, from ``(x0, y0)`` to ``(x1, y1)``."""
    offsets = [2 * k / n - 1 for k in range(1, n)]
    low, high = [max(0.0, -by) for by in offsets], [min(1.0, 1 - by) for by in offsets]
    return [
        {"x0": x - 0.5 + a, "y0": y - 0.5 + a + by, "x1": x - 0.5 + b, "y1": y - 0.5 + b + by}
        for a, b, by in zip(low, high, offsets, strict=True)
    ]


def panel_levels(drawn: Cells) -> list[int]:
    """Levels of the first axis that get a panel; one panel where there are fewer than three axes.

    Of many levels some that lie evenly apart, or where they have no order those that fail most.
    """
    if len(drawn.concepts) < 3:
        return [0]
    n = len(drawn.concepts[0].levels)
    if drawn.concepts[0].categorical and n > MAX_PANELS:
        highest = np.nan_to_num(drawn.smoothed).reshape(n, -1).max(axis=1)
        return np.sort(np.argsort(-highest, kind="stable")[:MAX_PANELS]).tolist()
    return np.unique(np.linspace(0, n - 1, min(n, MAX_PANELS)).round().astype(int)).tolist()


def panel_titles(drawn: Cells, panels: list[int]) -> list[str]:
    """The level of each panel; empty where there is one panel of everything."""
    return [drawn.concepts[0].label(level) for level in panels] if len(drawn.concepts) == 3 else [""]


def panel(drawn: Cells, values: np.ndarray, level: int) -> np.ndarray:
    """Values of one panel, ``(rows, columns)``, from an array over all cells."""
    return values[level] if len(drawn.concepts) == 3 else np.atleast_2d(values)


def side_axes(drawn: Cells) -> tuple[str, str]:
    """Titles of a panel's vertical and horizontal axis."""
    titles = [axis_title(concept) for concept in drawn.concepts]
    return (titles[-2], titles[-1]) if len(titles) > 1 else ("", titles[0])


def cell_texts(drawn: Cells, level: int) -> np.ndarray:
    """What is written in the cells of a panel: the rate in per cent, with a question mark where it is unsure."""
    rates, unsure = panel(drawn, drawn.smoothed, level), panel(drawn, drawn.unsure, level)
    written = [
        "" if np.isnan(rate) else f"{100 * rate:.0f}" + ("?" if doubt else "")
        for rate, doubt in zip(rates.flat, unsure.flat, strict=True)
    ]
    return np.reshape(written, rates.shape)
