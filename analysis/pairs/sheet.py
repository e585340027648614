"""The blindest pairs as one picture."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.figure import Figure

from failscape.analysis.pairs.page import ShownPair
from failscape.analysis.plots.style import INK, QUIET, own_text, shortened

ROWS, COLUMNS = 6, 2  # TensorBoard shows a sheet at the width of a card: letters of a wide one are too small
WIDTH, HEIGHT = 2.4, 1.45  # of a pair with its text, where a picture is 1 by 1


@own_text()
def pairs_sheet(pairs: Sequence[ShownPair]) -> Figure:
    """The first pairs whose pictures can be shown, side by side, with both similarities and the facts that differ."""
    drawn = [(pair, pair.pictures) for pair in pairs if pair.pictures][: ROWS * COLUMNS]
    rows = -(-len(drawn) // COLUMNS)
    figure = Figure(figsize=(1.6 * WIDTH * COLUMNS, 1.6 * HEIGHT * rows))
    # One pair of axes for everything: a layout of fifty small ones takes seconds.
    axes = figure.add_axes((0.01, 0.01, 0.98, 0.98))
    axes.set_axis_off()
    for place, (pair, pictures) in enumerate(drawn):
        left, top = WIDTH * (place % COLUMNS) + 0.05, HEIGHT * (place // COLUMNS) + 0.05
        for side, picture in enumerate(pictures):
            x = left + 1.05 * side
            smoothing = "nearest" if len(picture) < 112 else "auto"
            high, wide = picture.shape[0] / max(picture.shape[:2]), picture.shape[1] / max(picture.shape[:2])
            axes.imshow(picture, extent=(x, x + wide, top + high, top), interpolation=smoothing)
        said = f"target {pair.target:.3f}, reference {pair.reference:.3f}"
        axes.text(left, top + 1.14, said, fontsize=10, color=INK)
        facts = ", ".join(fact.partition(": ")[0] for fact in pair.differs)
        axes.text(left, top + 1.28, shortened(facts, 55), fontsize=8, color=QUIET)
    axes.set(xlim=(0, WIDTH * COLUMNS), ylim=(HEIGHT * rows, 0), aspect="equal")
    return figure
