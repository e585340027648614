"""Draws ``docs/pictures/street-signs.png``: every sign in clear daylight, then scenes of all kinds.

``python -m zoo.street_sheet``
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from failscape.data.street import SIGNS, SceneFactors, render, sample_factors

PICTURE = Path(__file__).parent.parent / "docs" / "pictures" / "street-signs.png"
COLUMNS, ZOOM, MARGIN, CAPTION = 8, 2, 6, 18  # tiles, times, [px], [px]
SEED = 5


def main() -> None:
    """Draws and saves the sheet."""
    daylight = {"light": "day", "weather": "clear", "exposure": 1.0, "tilt": 0.0, "fade": 0.0}
    plain = [sample_factors(SEED, index, sign=sign, **daylight) for index, sign in enumerate(SIGNS)]
    varied = [sample_factors(SEED + 1, index, sign=sign) for index, sign in enumerate(SIGNS * 2)]
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    sheet([*plain, *varied]).save(PICTURE, optimize=True)


def sheet(scenes: Sequence[SceneFactors]) -> Image.Image:
    """The ``scenes``, enlarged, in rows of eight, each above the name of its sign."""
    pictures = render(scenes).transpose(0, 2, 3, 1)
    side = pictures.shape[1] * ZOOM
    width, height = side + MARGIN, side + MARGIN + CAPTION
    rows = -(-len(scenes) // COLUMNS)
    board = Image.new("RGB", (COLUMNS * width + MARGIN, rows * height + MARGIN), "white")
    pen, font = ImageDraw.Draw(board), ImageFont.load_default(13)
    for number, (scene, picture) in enumerate(zip(scenes, pictures, strict=True)):
        left, top = MARGIN + number % COLUMNS * width, MARGIN + number // COLUMNS * height
        board.paste(Image.fromarray(picture).resize((side, side), Image.Resampling.NEAREST), (left, top))
        pen.text((left + side / 2, top + side + CAPTION / 2), scene.sign, fill=(40, 40, 40), font=font, anchor="mm")
    return board


if __name__ == "__main__":
    main()
