"""The slices and the discovery curve as still pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.plots.cells import Cells, cells
from failscape.analysis.plots.discovery import discovery, discovery_title, random_label
from failscape.analysis.plots.slices import MAX_WRITTEN, cell_texts, panel, panel_levels, panel_titles, side_axes
from failscape.analysis.plots.still import COLOURS, head, name_axis
from failscape.analysis.plots.style import ACCENT, INK, LINE, QUIET, RATE_TITLE, SCALE, own_text, shortened
from failscape.common.visible import visible

MAX_COLUMNS = 3  # of panels: TensorBoard shows a picture at a card's width, where letters of a wide one are too small


@own_text()
def slices_picture(landscape: Landscape, axes: tuple[int, ...] | None = None) -> Figure:
    """What :func:`~failscape.analysis.plots.slices.slices_figure` shows, as a still."""
    drawn = cells(landscape, axes)
    panels = panel_levels(drawn)
    n_columns = min(len(panels), MAX_COLUMNS)
    n_rows = -(-len(panels) // n_columns)
    height = min(1.1 + 0.45 * len(panel(drawn, drawn.smoothed, 0)), 5)
    figure = Figure(figsize=(max(2.2 * n_columns + 1.4, 7), 0.8 + height * n_rows), layout="constrained")
    grid = figure.subplots(n_rows, n_columns, sharey=True, squeeze=False)
    for one, level, name in zip(grid.flat, panels, panel_titles(drawn, panels), strict=False):
        _heat_map(one, drawn, level)
        one.set_title(shortened(name), fontsize=10)
    for empty in grid.flat[len(panels) :]:
        empty.set_axis_off()
    y, x = side_axes(drawn)
    figure.supylabel(y, fontsize=10)
    figure.supxlabel(f"{x}      (?: unsure)" if drawn.unsure.any() else x, fontsize=10)
    head(figure, landscape, drawn)
    figure.colorbar(COLOURS, ax=list(grid.flat), label=RATE_TITLE, pad=0.01)
    return figure


@own_text()
def discovery_picture(probes: pd.DataFrame, landscape: Landscape) -> Figure:
    """What :func:`~failscape.analysis.plots.discovery.discovery_figure` shows, as a still."""
    curve = discovery(probes, landscape)
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.add_subplot()
    axes.fill_between(curve.queries, curve.low, curve.high, color=QUIET, alpha=0.18, linewidth=0, label="95 % band")
    axes.plot(curve.queries, curve.expected, "--", color=QUIET, label=random_label(landscape))
    axes.plot(curve.queries, curve.found, color=ACCENT, linewidth=2.5, label="this run")
    axes.set(xlabel="target queries", ylabel="failures found")
    axes.set_xlim(0, max(curve.queries[-1], 1))
    axes.set_ylim(0, 1.05 * max(curve.found[-1], curve.high[-1], 1))
    axes.set_title(visible(" · ".join(discovery_title(landscape))), fontsize=11, loc="left")
    axes.grid(color=LINE)
    axes.legend(frameon=False, loc="upper left")
    return figure


def _heat_map(axes: Any, drawn: Cells, level: int) -> None:
    rates = panel(drawn, drawn.smoothed, level)
    axes.imshow(100 * rates, cmap=SCALE, vmin=0, vmax=100, origin="lower", aspect="auto")
    for y, x in np.argwhere(panel(drawn, drawn.meaningless, level)).tolist():
        axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, fill=False, hatch="///", edgecolor=QUIET, linewidth=0))
    name_axis(axes, "x", drawn.concepts[-1])
    if len(drawn.concepts) > 1:
        name_axis(axes, "y", drawn.concepts[-2])
    else:
        axes.set_yticks([])
    axes.set(xlabel="", ylabel="")
    if rates.size > MAX_WRITTEN:
        return
    for (row, column), text in np.ndenumerate(cell_texts(drawn, level)):
        ink = "white" if rates[row, column] > 0.45 else INK
        axes.text(column, row, text, ha="center", va="center", fontsize=8, color=ink)
