"""A landscape as a file: a page to turn it on, or a picture."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from failscape.analysis.landscape import Landscape
from failscape.analysis.plots.landscape import landscape_figure
from failscape.analysis.plots.still import landscape_picture, pixels
from failscape.errors import UsageError


def save_landscape(landscape: Landscape, path: Path) -> None:
    """Write ``path``: rotatable and offline where it ends in ``.html``, a still where it ends in ``.png``.

    Raises:
        UsageError: another ending.
    """
    if path.suffix == ".html":
        landscape_figure(landscape).write_html(path, include_plotlyjs=True)
    elif path.suffix == ".png":
        Image.fromarray(pixels(landscape_picture(landscape))).save(path)
    else:
        raise UsageError(f"cannot draw {path}: give a file that ends in .html or .png")
