"""The landscape of a grid of edits as a heat map, to point at and still.

Shapes: ``R`` rows, ``C`` columns.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from failscape.analysis.landscape.choice_table import charted
from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.landscape.rate_table import RateTable
from failscape.analysis.plots.style import INK, QUIET, RATE_TITLE, SCALE, heading, layout, own_text, plain, shortened
from failscape.common.format import count, interval, percent
from failscape.common.visible import visible

DARK = 0.45  # rate above which ink on a cell is white
UNSURE_SIGN = "?: 95 % interval wider than 30 points, or never visited"


def edit_map_figure(landscape: Landscape) -> go.Figure:
    """The smoothed failure rate [%] of each edit by strength, worst on top; of pairs, each edit by what follows it."""
    drawn = charted(landscape)
    trace = go.Heatmap(
        z=100 * drawn.smoothed,
        x=[plain(name) for name in drawn.columns],
        y=[plain(name) for name in drawn.rows],
        coloraxis="coloraxis",
        xgap=2,
        ygap=2,
        text=cell_texts(drawn),
        texttemplate="%{text}",
        textfont={"size": 12},
        customdata=np.reshape(hover(drawn), drawn.smoothed.shape),
        hovertemplate="%{customdata}<extra></extra>",
    )
    top = heading(title(landscape, drawn), *notes(landscape, drawn))
    figure = go.Figure([trace], layout(top, 150 + 26 * len(drawn.rows), margin={"l": 60, "r": 20, "t": 80, "b": 50}))
    figure.update_xaxes(type="category", showgrid=False, title_text=plain(drawn.across))
    figure.update_yaxes(type="category", showgrid=False, autorange="reversed", automargin=True)
    return figure


@own_text()
def edit_map_picture(landscape: Landscape, like: Landscape | None = None) -> Figure:
    """The same as a still, with edits in the order of another landscape where one is given."""
    drawn = charted(landscape, like)
    n_rows, n_columns = drawn.smoothed.shape
    figure = Figure(figsize=(max(6.5, 3.6 + 0.75 * n_columns), 1.6 + 0.27 * n_rows), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(100 * drawn.smoothed, cmap=SCALE, vmin=0, vmax=100, aspect="auto")
    slanted: dict[str, Any] = {"rotation": 30, "ha": "right"} if max(map(len, drawn.columns)) > 3 else {}
    axes.set_xticks(range(n_columns), [shortened(name) for name in drawn.columns], **slanted)
    axes.set_yticks(range(n_rows), [shortened(name) for name in drawn.rows])
    axes.tick_params(length=0)
    axes.set_xlabel(drawn.across)
    for spine in axes.spines.values():
        spine.set_visible(False)
    for (row, column), text in np.ndenumerate(cell_texts(drawn)):
        ink = "white" if drawn.smoothed[row, column] > DARK else INK
        axes.text(column, row, text, ha="center", va="center", fontsize=8, color=ink)
    below = " · ".join(note for note in notes(landscape, drawn) if note)
    figure.suptitle(f"{visible(title(landscape, drawn))}\n{visible(below)}", fontsize=11, color=INK)
    bar = figure.colorbar(ScalarMappable(Normalize(0, 100), SCALE), ax=axes, label=RATE_TITLE, pad=0.02)
    bar.outline.set_edgecolor(QUIET)
    return figure


def title(landscape: Landscape, drawn: RateTable) -> str:
    """What the chart shows."""
    by = {"followed by": "the edit that follows"}.get(drawn.across, drawn.across.partition(",")[0])
    return f"{landscape.name}: smoothed failure rate by edit and {by}"


def notes(landscape: Landscape, drawn: RateTable) -> list[str]:
    """What it rests on."""
    pairs = drawn.across == "followed by"
    worst = "" if drawn.across.startswith("strength") else f"each {'pair' if pairs else 'edit'} at its worst strength"
    return [f"n = {count(landscape.n_probes)} probes", worst, UNSURE_SIGN if drawn.unsure.any() else ""]


def cell_texts(drawn: RateTable) -> np.ndarray:
    """What is written in the cells: the rate in per cent, with a question mark where it is unsure."""
    pairs = zip(drawn.smoothed.flat, drawn.unsure.flat, strict=True)
    return np.reshape([f"{100 * rate:.0f}" + "?" * bool(doubt) for rate, doubt in pairs], drawn.smoothed.shape)


def hover(drawn: RateTable) -> list[str]:
    """A few lines on each cell, in C order."""
    lines = []
    for index in np.ndindex(drawn.smoothed.shape):
        rate, low, high = (float(values[index]) for values in (drawn.smoothed, drawn.low, drawn.high))
        counts = f"{drawn.failures[index]} failures in {drawn.visits[index]} probes"
        counts = counts if drawn.visits[index] else "never visited: guessed from its neighbours"
        label = plain(str(drawn.labels[index]))
        lines.append(f"<b>{label}</b><br>fails {percent(rate)} (95 %: {interval(low, high)})<br>{counts}")
    return lines
