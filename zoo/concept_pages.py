"""Writes ``docs/concepts.md`` and its pictures from the concepts themselves: ``python -m zoo.concept_pages``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw

from failscape.analysis.examples.image_levels import Strip, concept_strips
from failscape.analysis.examples.levels import meaning
from failscape.concepts import Concept, ConceptSpace
from failscape.concepts.images.registry import IMAGE_CONCEPTS
from failscape.concepts.presets import PRESETS
from failscape.data.batch import Images
from failscape.data.street import render
from failscape.data.street.source import StreetSource

DOCS = Path(__file__).parent.parent / "docs"
SIDE, GAP, LABEL = 128, 6, 20
ITEM = 3  # of the street world: a scene with colour and detail


def main() -> None:
    """Draw a strip for each concept and write the page."""
    source = StreetSource(n=8, seed=0, size=SIDE)
    image = torch.from_numpy(render([source.factors(ITEM)], size=SIDE))
    sections = []
    for name, kind in sorted(IMAGE_CONCEPTS.items()):
        concept = kind()
        (strip,) = concept_strips(Images(image, torch.zeros(len(image), dtype=torch.int64)), ConceptSpace([concept]))
        picture(strip).save(DOCS / "pictures" / f"concept-{name}.png", optimize=True)
        sections.append(section(concept))
    head = (
        "# Edits of images\n\nEvery edit takes and gives uint8 images, a batch at a time, with a strength for each "
        "image, on the device of the items. At its identity an edit changes no bit. "
        "Written by `python -m zoo.concept_pages`.\n\n"
        "What an edit reads between pixels and puts where the image has none is part of it; options after colons "
        "choose: `rotation=-30,0,30:interpolation=nearest:fill=edge`.\n\n"
        "Presets: " + "; ".join(describe_preset(name) for name in PRESETS if "order" in PRESETS[name]) + ".\n"
    )
    (DOCS / "concepts.md").write_text("\n".join([head, *sections]))


def section(concept: Concept) -> str:
    """One concept: what it does, unit, range, levels, picture."""
    low, high = concept.limits
    identity = "none" if concept.identity is None else f"{concept.identity:g}"
    levels = ", ".join(f"{level:g}" for level in concept.levels)
    options = "".join(
        f"Option `{concept.name}:{name}=…`: {values[0]} (default), {', '.join(values[1:])}.\n\n"
        for name, values in concept.options.items()
    )
    return (
        f"## {concept.name}\n\n{meaning(concept)}\n\n"
        f"| unit | range | identity | default levels |\n|---|---|---|---|\n"
        f"| {concept.unit or 'factor or share'} | {low:g} to {high:g} | {identity} | {levels} |\n\n{options}"
        f"![{concept.name}](pictures/concept-{concept.name}.png)\n"
    )


def describe_preset(name: str) -> str:
    """A preset in a line."""
    preset = PRESETS[name]
    axes = " × ".join(f"{axis} {levels}" for axis, levels in preset["levels"].items())
    chosen = preset.get("options", {}).items()
    ways = "".join(f", {axis} with {key} {value}" for axis, ways in chosen for key, value in ways.items())
    return f"`{name}` is {axes}, applied in the order {', '.join(preset['order'])}{ways}"


def picture(strip: Strip) -> Image.Image:
    """The strip as one picture, each level under its own."""
    n = len(strip.pictures)
    canvas = Image.new("RGB", (n * (SIDE + GAP) - GAP, SIDE + LABEL), "white")
    draw = ImageDraw.Draw(canvas)
    for i, (pixels, label) in enumerate(zip(strip.pictures, strip.labels, strict=True)):
        left = i * (SIDE + GAP)
        canvas.paste(Image.fromarray(np.ascontiguousarray(pixels)), (left, 0))
        level = label.removeprefix(f"{strip.concept} ")
        draw.text((left + SIDE // 2, SIDE + LABEL // 2), level, fill="black", anchor="mm")
    return canvas


if __name__ == "__main__":
    main()
