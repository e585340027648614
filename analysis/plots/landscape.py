"""The landscape of any grid, as its view draws it: to turn and point at, and still."""

from __future__ import annotations

import plotly.graph_objects as go
from matplotlib.figure import Figure

from failscape.analysis.grids.view import view_of
from failscape.analysis.landscape.landscape import Landscape


def landscape_figure(landscape: Landscape) -> go.Figure:
    """The landscape as a plotly figure with hover.

    Colour is the smoothed failure rate, from 0 to 100 % in every figure; what is unsure is marked.
    """
    return view_of(landscape.space).charts[0].figure(landscape)


def landscape_picture(landscape: Landscape, like: Landscape | None = None) -> Figure:
    """What :func:`landscape_figure` shows, as a still.

    Axes without order are in the order of ``like``, so that two pictures can be compared.
    """
    return view_of(landscape.space).charts[0].picture(landscape, like)
