"""A symbol for each cell: full where its rate is sure, hollow where it is unsure.

Shapes: ``K`` axes, ``P`` cells.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from failscape.analysis.plots.cells import Cells
from failscape.analysis.plots.style import INK, QUIET, UNSURE_NOTE

HOLE = 0.6  # of a hollow symbol, as a share of its size


def symbols(drawn: Cells) -> list[Any]:
    """Traces of all cells, on the plane for two axes and in space for three."""
    unsure, exists = drawn.unsure.ravel(), drawn.exists.ravel()
    full, hollow = np.flatnonzero(exists & ~unsure), np.flatnonzero(unsure)
    traces = [_discs(drawn, full).update(name="size: certainty", showlegend=True)] if len(full) else []
    if drawn.meaningless.any():
        traces.append(_crosses(drawn, np.flatnonzero(drawn.meaningless.ravel())))
    if not len(hollow):
        return traces
    # Discs with a white one inside, because plotly's own open symbols are hair-thin in three dimensions.
    discs, holes = _discs(drawn, hollow), _discs(drawn, hollow)
    holes.marker.update(color="white", coloraxis=None, size=HOLE * discs.marker.size)
    return [*traces, discs.update(legendgroup="hollow"), holes.update(legendgroup="hollow"), _legend_entry(drawn)]


def positions_of(drawn: Cells) -> np.ndarray:
    """Level indices of all cells, along x, y and z: ``(K, P)``.

    On the plane the last axis runs to the right, as it does in the slices.
    """
    levels = np.stack([axis.ravel() for axis in np.indices(drawn.smoothed.shape)])
    return levels if len(levels) == 3 else levels[::-1]


def _kind(drawn: Cells) -> Any:
    return go.Scatter3d if len(drawn.concepts) == 3 else go.Scatter


def _discs(drawn: Cells, rows: np.ndarray) -> Any:
    smallest, largest = (7, 20) if len(drawn.concepts) == 3 else (12, 34)  # [px]
    hover = drawn.hover()
    marker = {
        "color": 100 * drawn.smoothed.ravel()[rows],
        "coloraxis": "coloraxis",
        "size": smallest + (largest - smallest) * drawn.certainty.ravel()[rows],
        "opacity": 1,
        "line": {"width": 0},
    }
    return _kind(drawn)(
        **dict(zip("xyz", positions_of(drawn)[:, rows], strict=False)),
        mode="markers",
        marker=marker,
        showlegend=False,
        text=[hover[row] for row in rows],
        hovertemplate="%{text}<extra></extra>",
    )


def _crosses(drawn: Cells, rows: np.ndarray) -> Any:
    """Crosses where the edits leave no right answer."""
    hover = drawn.hover()
    return _kind(drawn)(
        **dict(zip("xyz", positions_of(drawn)[:, rows], strict=False)),
        mode="markers",
        marker={"symbol": "x", "color": QUIET, "size": 5, "opacity": 0.6},
        name="no right answer",
        showlegend=True,
        text=[hover[row] for row in rows],
        hovertemplate="%{text}<extra></extra>",
    )


def _legend_entry(drawn: Cells) -> Any:
    nowhere = {letter: [None] for letter in "xyz"[: len(drawn.concepts)]}
    marker = {"symbol": "circle-open", "color": INK, "size": 12, "line": {"width": 3, "color": INK}}
    return _kind(drawn)(
        **nowhere, mode="markers", name=UNSURE_NOTE, legendgroup="hollow", showlegend=True, marker=marker
    )
