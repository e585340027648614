"""Writes ``docs/world.md`` and its pictures from the factors themselves: ``python -m zoo.world_page``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from string import Template

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from failscape.data.street.traffic import FACTORS, TrafficFactors, render_traffic, sample_traffic, vary
from failscape.data.street.traffic.captions import plain_caption
from failscape.data.street.traffic.factors import KINDS, Factor
from failscape.data.street.traffic.planted import CONFUSED, RED_HAIR

DOCS = Path(__file__).parent.parent / "docs"
PAGE = Template((Path(__file__).parent / "world_page.md").read_text(encoding="utf-8"))
SIDE, GAP, LABEL, NAMES = 128, 8, 20, 110  # [px]
SEED, SCENES, COLUMNS = 3, 12, 4
# A scene in which every factor is easy to see.
SHOWN = TrafficFactors(vehicle="van", place="suburb", count=2, flag="shown", bicycle="parked", detail=5)


def main() -> None:
    """Draw both pictures and write the page."""
    contact_sheet([sample_traffic(SEED, index) for index in range(SCENES)]).save(
        DOCS / "pictures" / "world-scenes.png", optimize=True
    )
    factor_rows(FACTORS).save(DOCS / "pictures" / "world-factors.png", optimize=True)
    (DOCS / "world.md").write_text(page(), encoding="utf-8")


def page() -> str:
    """The page as text."""
    return PAGE.substitute(
        kinds="\n".join(f"- *{kind}*: {meaning}" for kind, meaning in KINDS.items()),
        factors="\n".join(map(_row, FACTORS)),
        confused=" and ".join(_confused(*asked, drawn) for asked, drawn in CONFUSED.items()).capitalize(),
        biased=" and ".join(f"{share:.0%} of {job}s" for job, share in RED_HAIR.items()),
        erasure=(Path(__file__).parent / "world_erasure.md").read_text(encoding="utf-8").strip(),
    )


def _confused(vehicle: str, color: str, drawn: str) -> str:
    plural = f"{vehicle}es" if vehicle.endswith("s") else f"{vehicle}s"
    return f"{color} {plural} (drawn {drawn})"


def contact_sheet(scenes: Sequence[TrafficFactors]) -> Image.Image:
    """Scenes at 224 px in rows, each above its plain caption in two lines."""
    side, lines = 224, 2
    rows = -(-len(scenes) // COLUMNS)
    height = side + lines * LABEL
    sheet = Image.new("RGB", (COLUMNS * (side + GAP) - GAP, rows * (height + GAP) - GAP), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for number, (scene, picture) in enumerate(zip(scenes, _pictures(scenes, side), strict=True)):
        left, top = number % COLUMNS * (side + GAP), number // COLUMNS * (height + GAP)
        sheet.paste(picture, (left, top))
        parts = plain_caption(scene).split(", ")
        said = "\n".join([", ".join(parts[:3]), ", ".join(parts[3:])])
        draw.multiline_text((left + side / 2, top + side + 2), said, "black", font, "ma", spacing=3, align="center")
    return sheet


def factor_rows(factors: Sequence[Factor]) -> Image.Image:
    """In two columns a row for each factor: its name and kind, and one scene with each of its values."""
    columns = (factors[::2], factors[1::2])
    wide = [NAMES + max(len(factor.values) for factor in column) * (SIDE + GAP) for column in columns]
    sheet = Image.new("RGB", (sum(wide), len(columns[0]) * (SIDE + LABEL + GAP)), "white")
    for column, left in zip(columns, (0, wide[0]), strict=True):
        for row, factor in enumerate(column):
            _factor_row(sheet, factor, left, row * (SIDE + LABEL + GAP))
    return sheet


def _factor_row(sheet: Image.Image, factor: Factor, left: int, top: int) -> None:
    draw, bold, font = ImageDraw.Draw(sheet), ImageFont.load_default(14), ImageFont.load_default(12)
    draw.text((left + 4, top + SIDE / 2 - 10), factor.name, "black", bold, "lm")
    draw.text((left + 4, top + SIDE / 2 + 10), factor.kind, (110, 110, 110), font, "lm")
    scenes = [vary(SHOWN, **{factor.name: value}) for value in factor.values]
    for place, (value, picture) in enumerate(zip(factor.values, _pictures(scenes, SIDE), strict=True)):
        x = left + NAMES + place * (SIDE + GAP)
        sheet.paste(picture, (x, top))
        draw.text((x + SIDE / 2, top + SIDE + LABEL / 2), str(value), "black", font, "mm")


def _pictures(scenes: Sequence[TrafficFactors], side: int) -> list[Image.Image]:
    return [Image.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0))) for pixels in render_traffic(scenes, side)]


def _row(factor: Factor) -> str:
    values = ", ".join(map(str, factor.values))
    return f"| `{factor.name}` | {values} | {factor.kind} | {factor.pattern or '–'} | {factor.meaning} |"


if __name__ == "__main__":
    main()
