"""Target against reference similarity: random pairs as a density, mined pairs in their corner.

Shapes: ``M`` pairs.
"""

from __future__ import annotations

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from failscape.analysis.plots.style import ACCENT, INK, LINE, SCALE, own_text

MOST = 20_000  # mined pairs that are drawn


@own_text()
def similarities_picture(
    sample: tuple[np.ndarray, np.ndarray], mined: tuple[np.ndarray, np.ndarray], above: float, below: float
) -> np.ndarray:
    """A picture ``(H, W, 3)`` uint8.

    Args:
        sample: similarities ``(M,)`` of random pairs for target and reference.
        mined: the same of blind pairs.
        above: threshold of the target.
        below: threshold of the reference.
    """
    figure = Figure(figsize=(8.4, 4.6), dpi=160, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    cells = axes.hexbin(*sample, gridsize=60, norm=LogNorm(), cmap="Greys", mincnt=1, linewidths=0)
    figure.colorbar(cells, ax=axes, label="random pairs per cell", format="%d")
    drawn = np.linspace(0, len(mined[0]) - 1, min(MOST, len(mined[0]))).astype(np.int64)
    axes.scatter(mined[0][drawn], mined[1][drawn], s=5, color=SCALE(0.75), linewidths=0, label="blind pairs", alpha=0.6)
    axes.axvline(above, color=ACCENT, lw=1, ls="--")
    axes.axhline(below, color=ACCENT, lw=1, ls="--")
    axes.set_xlabel("cosine similarity to the target", color=INK)
    axes.set_ylabel("cosine similarity to the reference", color=INK)
    for spine in axes.spines.values():
        spine.set_color(LINE)
    if len(drawn):
        axes.legend(loc="lower left", frameon=False, markerscale=3)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
