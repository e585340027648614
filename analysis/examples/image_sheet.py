"""Examples as one picture: a band for each point, before beside after."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from failscape.analysis.examples.image_example import ImageExample
from failscape.analysis.plots.style import INK, QUIET, own_text, shortened

MAX_ROWS, MAX_COLUMNS = 6, 2  # TensorBoard shows a sheet at the width of a card: letters of a wide one are too small
WIDTH, HEIGHT = 2.5, 1.7  # of a pair with its text, where a picture is 1 by 1


@own_text()
def examples_sheet(examples: Sequence[ImageExample]) -> Figure:
    """The first examples of the first points, with what the target said."""
    points = list(dict.fromkeys(example.point for example in examples))[:MAX_ROWS]
    rows = [[e for e in examples if e.point == point][:MAX_COLUMNS] for point in points]
    width, height = WIDTH * max(len(row) for row in rows), HEIGHT * len(rows)
    figure = Figure(figsize=(1.45 * width, 1.45 * height))
    # One pair of axes for everything: a layout of fifty small ones takes seconds.
    axes = figure.add_axes((0.01, 0.01, 0.98, 0.98), xlim=(0, width), ylim=(height, 0), aspect="equal")
    axes.set_axis_off()
    for i, row in enumerate(rows):
        _write(axes, 0.05, HEIGHT * i + 0.14, row[0].edit, size=11, weight="bold")
        for j, example in enumerate(row):
            _pair(axes, WIDTH * j + 0.05, HEIGHT * i + 0.22, example)
    axes.set(xlim=(0, width), ylim=(height, 0))
    return figure


def _pair(axes: Axes, left: float, top: float, example: ImageExample) -> None:
    pictures = (example.before, example.after)
    for picture, x, lines in zip(pictures, (left, left + 1.15), example.captions(), strict=True):
        axes.imshow(picture, extent=(x, x + 1, top + 1, top), interpolation="nearest" if len(picture) < 112 else "auto")
        for k, line in enumerate(lines):
            _write(axes, x, top + 1.15 + 0.16 * k, line, size=10, colour=QUIET if k else INK)
    _write(axes, left + 1.02, top + 0.53, "→", size=9)


def _write(
    axes: Axes, x: float, y: float, text: str, *, size: float, colour: str = INK, weight: str = "normal"
) -> None:
    shown = shortened(text, 200 if weight == "bold" else 20)
    axes.text(x, y, shown, fontsize=size, color=colour, fontweight=weight, clip_on=True)
