"""How every chart looks: one colour scale for failure rates, one way to write rates and axes.

Shapes: ``N`` rates.
"""

from __future__ import annotations

import html
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
import numpy as np
from matplotlib import colormaps
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_hex

from failscape.common.visible import visible
from failscape.concepts.base import Concept

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
INK, QUIET, LINE = "#1f2933", "#52606d", "#d9dee4"
ACCENT = "#31688e"  # curves that are not failure rates
RATE_TITLE = "failure rate [%]"
LONGEST = 24  # letters of a name on an axis of a still picture
UNSURE = 0.3  # a 95 % interval wider than this is drawn hollow
# Nothing leaves the page: plotly 7 has a button that uploads the chart to its makers' server.
CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "responsive": True,
    "typesetMath": False,  # a pair of $ in a name is no formula
    "scrollZoom": False,  # the wheel scrolls the page
    "modeBarButtonsToRemove": ["sendChartToCloud", "select2d", "lasso2d"],
}
UNSURE_NOTE = f"hollow: 95 % interval wider than {UNSURE * 100:.0f} points, or never visited"


@contextmanager
def own_text() -> Iterator[None]:
    """Around what draws with matplotlib, as a decorator: names of the data's classes are text and nothing else.

    A file ``matplotlibrc`` in the working directory may ask for LaTeX, another program, which would then run on the
    preamble there and on the names. A pair of ``$`` in a name would start mathematics, and wrong ones end in an error.
    The fonts at hand may lack a letter: a box stands for it.
    """
    with matplotlib.rc_context({"text.usetex": False, "text.parse_math": False}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph .* missing from font", UserWarning)
        yield


def _make_scale() -> Colormap:
    # Magma without its ends, reversed: uniform to the eye, safe for colour-blind readers, darker is worse in grey too,
    # and the light end still stands out from white paper.
    return LinearSegmentedColormap.from_list("failure", colormaps["magma"](np.linspace(0.93, 0.08, 64)))


SCALE = _make_scale()
PLOTLY_SCALE = [[float(x), to_hex(SCALE(float(x)))] for x in np.linspace(0, 1, 17)]


def colours(rates: np.ndarray) -> np.ndarray:
    """Colours of failure rates in [0, 1], grey for NaN: ``(N,) -> (N, 3)`` uint8."""
    rgb = SCALE(np.nan_to_num(rates))[:, :3]
    rgb[np.isnan(rates)] = 0.75
    return np.round(255 * rgb).astype(np.uint8)


def axis_title(concept: Concept) -> str:
    """``rotation [deg]``; the name alone where the strength has no unit."""
    return visible(f"{concept.name} [{concept.unit}]" if concept.unit else concept.name)


def tick_texts(concept: Concept) -> list[str]:
    """Its levels as tick labels, by their names where they have no order or say which items."""
    if concept.categorical or concept.selects:
        return [visible(concept.level_name(level)) for level in range(len(concept.levels))]
    return [f"{level:g}" for level in concept.levels]


def plain(text: str) -> str:
    """Text for plotly, which reads tags in titles and labels; of quotes it does not know the HTML names."""
    return html.escape(visible(text), quote=False)


def heading(text: str, *notes: str) -> str:
    """A chart's title for plotly: what it shows, and below in small what that rests on. Names may hold anything."""
    below = " · ".join(plain(note) for note in notes if note)
    return f"{plain(text)}<br><span style='font-size:12px;color:{QUIET}'>{below}</span>"


def shortened(text: str, n: int = LONGEST) -> str:
    """Text in a still picture, which has no room for more than ``n`` letters of it."""
    text = visible(text)
    return text if len(text) <= n else text[: n - 1] + "…"


def layout(title: str, height: int, **more: Any) -> dict[str, Any]:
    """What all plotly charts share; ``height`` [px]."""
    return {
        "title": {
            "text": title,
            "font": {"size": 15},
            "x": 0.01,
            "xanchor": "left",
            "y": 1,
            "yanchor": "top",
            "pad": {"t": 26},
        },
        "font": {"family": FONT, "size": 13, "color": INK},
        "height": height,
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "margin": {"l": 60, "r": 20, "t": 60, "b": 60},
        "coloraxis": {
            "colorscale": PLOTLY_SCALE,
            "cmin": 0,
            "cmax": 100,
            "colorbar": {"title": {"text": RATE_TITLE, "side": "right"}, "thickness": 14, "outlinewidth": 0},
        },
        **more,
    }
