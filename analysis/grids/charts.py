"""What draws a landscape: a chart that suits a grid, to turn and point at, and still."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import plotly.graph_objects as go
from matplotlib.figure import Figure

from failscape.analysis.landscape.landscape import Landscape


@dataclass(frozen=True)
class LandscapeChart:
    """A chart of any landscape over one grid."""

    name: str  # in a page: ``landscape``, ``slices``
    tag: str  # in TensorBoard, below ``landscape/``
    alt: str  # what it shows, for who cannot see it
    figure: Callable[[Landscape], go.Figure]
    picture: Callable[[Landscape, Landscape | None], Figure]  # of the first, in the order of the second where given
    about: str = ""  # how to read it, in a sentence or two
    in_pages: bool = True  # whether pages show it; TensorBoard always does
