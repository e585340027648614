"""The contact sheet of ``street-diffusion`` in the docs: ``python -m zoo.contact_sheet``.

Each row is a prompt, each column the noise of one number, the same for all prompts; nothing is chosen.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from zoo.street_denoiser import CHECKPOINT
from zoo.street_unet_card import pipeline

PROMPTS = (
    "a red bus, by day, in clear weather",
    "a blue car, at night, in the snow",
    "a yellow truck, at dusk, in fog",
    "a white van, by day, in the rain, two doctors",
    "a green car, by day, three gardeners",
    "a green bus, by day",
    "a white truck, by day",
    "a car, one doctor",
    "a car, one gardener",
)
COLUMNS = 8
PLACE = Path(__file__).parent.parent / "docs" / "pictures" / "street-diffusion.png"


def main() -> int:
    """Writes the sheet."""
    target = pipeline(CHECKPOINT)
    rows = np.array([[prompt, number] for prompt in PROMPTS for number in range(COLUMNS)], object)
    drawn = target(rows).pictures.permute(0, 2, 3, 1).numpy()
    figure = Figure(figsize=(COLUMNS, 1.2 * len(PROMPTS)), dpi=150)
    bounds = {"xlim": (0, COLUMNS), "ylim": (1.2 * len(PROMPTS), 0)}
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0), aspect="equal")
    axes.set_axis_off()
    for row, prompt in enumerate(PROMPTS):
        axes.text(0.03, 1.2 * row + 0.14, f"“{prompt}”", fontsize=11)
        for column in range(COLUMNS):
            top = 1.2 * row + 0.2
            picture = drawn[row * COLUMNS + column]
            axes.imshow(picture, extent=(column + 0.02, column + 0.98, top + 0.96, top), interpolation="nearest")
    axes.set(**bounds)
    figure.savefig(PLACE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
