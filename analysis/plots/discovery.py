"""How fast the search found failures, against a uniform random one.

Shapes: ``M`` probes, ``Q`` points of the curve.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.plots.style import ACCENT, LINE, QUIET, heading, layout
from failscape.common.format import count, percent

MAX_POINTS = 400  # of the curve


class Discovery(NamedTuple):
    """Failures found against target queries, and what uniform random edits would have found."""

    queries: np.ndarray  # (Q,) int
    found: np.ndarray  # (Q,) int, different (item, point) pairs
    expected: np.ndarray  # (Q,) float
    low: np.ndarray  # (Q,) float, 95 % band
    high: np.ndarray  # (Q,) float

    @property
    def lift(self) -> float:
        """How many times as many failures as random edits would have found; NaN where those find none."""
        return float(self.found[-1] / self.expected[-1]) if self.expected[-1] > 0 else float("nan")


def discovery(probes: pd.DataFrame, landscape: Landscape) -> Discovery:
    """The discovery curve of a run: remembered outcomes cost no query and count no failure twice.

    The band of the random search has both the luck of its draws (binomial) and what is not known of the rate: the
    variance of the mean of the points' rates, each with the width of its interval.

    Args:
        probes: columns ``item, point, failed, cached``, in the order in which they were made.
        landscape: gives the failure rate of a uniform random edit.
    """
    new = probes["failed"] & ~probes[["item", "point"]].duplicated()
    queries, found = (~probes["cached"]).cumsum().to_numpy(), new.cumsum().to_numpy()
    rows = np.unique(np.linspace(0, len(probes) - 1, min(len(probes), MAX_POINTS)).astype(int))
    queries, found = np.append(0, queries[rows]), np.append(0, found[rows])
    rate, spread = uniform_rate(landscape)
    deviation = np.sqrt(queries * rate * (1 - rate) + (queries * spread) ** 2)
    expected = queries * rate
    return Discovery(
        queries,
        found,
        expected,
        np.maximum(expected - 1.96 * deviation, 0),
        np.minimum(expected + 1.96 * deviation, queries),
    )


def uniform_rate(landscape: Landscape) -> tuple[float, float]:
    """Failure rate of a uniform random edit and its standard error; 0 where nothing was tried."""
    visited = landscape.table[landscape.table["visits"] > 0]
    if not len(visited):
        return 0.0, 0.0
    variances = ((visited["high"] - visited["low"]) / (2 * 1.96)) ** 2
    return landscape.failure_rate, float(np.sqrt(variances.sum()) / len(visited))


def discovery_figure(probes: pd.DataFrame, landscape: Landscape) -> go.Figure:
    """The discovery curve as a plotly figure."""
    curve = discovery(probes, landscape)
    band = go.Scatter(
        x=np.concatenate([curve.queries, curve.queries[::-1]]),
        y=np.concatenate([curve.high, curve.low[::-1]]),
        fill="toself",
        fillcolor="rgba(82, 96, 109, .18)",
        line={"width": 0},
        hoverinfo="skip",
        name="95 % band",
    )
    random = go.Scatter(
        x=curve.queries,
        y=curve.expected,
        name=random_label(landscape),
        line={"color": QUIET, "dash": "dash", "width": 2},
    )
    found = go.Scatter(x=curve.queries, y=curve.found, name="this run", line={"color": ACCENT, "width": 3})
    axis = {"gridcolor": LINE, "zeroline": False, "rangemode": "tozero"}
    shown = layout(
        heading(*discovery_title(landscape)),
        420,
        hovermode="x unified",
        legend={"x": 0.01, "y": 0.99, "bgcolor": "rgba(255, 255, 255, .8)"},
        xaxis={**axis, "title": {"text": "target queries"}},
        yaxis={**axis, "title": {"text": "failures found"}},
    )
    return go.Figure([band, random, found], shown)


def discovery_title(landscape: Landscape) -> tuple[str, str]:
    """What the chart shows and what it rests on."""
    return f"{landscape.name}: different failures found", f"n = {count(landscape.n_queries)} queries"


def random_label(landscape: Landscape) -> str:
    """Name of the curve of a random search."""
    return f"random edits, expected ({percent(uniform_rate(landscape)[0])} fail)"
