"""Pictures that a target drew for prompts.

Shapes: ``B`` probes or pairs.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from markupsafe import Markup
from PIL import Image

from failscape.analysis.examples.base import ExampleContext
from failscape.analysis.examples.drawn_example import DrawnExample, drawn_sheet, kept_picture, save_drawn
from failscape.analysis.examples.image_example import to_hwc
from failscape.analysis.examples.presenter import Presenter, register_presenter
from failscape.analysis.examples.remake import (
    answered,
    edit_again,
    name_of,
    paired_state,
    recorded,
    unedited_again,
)
from failscape.analysis.pages import macro
from failscape.analysis.paper import QUIET, Paper
from failscape.analysis.plots.still import pixels
from failscape.common.format import percent
from failscape.common.visible import visible
from failscape.concepts import ConceptSpace
from failscape.concepts.prompts.slots import Slot
from failscape.data.prompts.batch import Prompts
from failscape.envs.mdp import ConceptMDP
from failscape.envs.picture_mdp import PictureMDP
from failscape.envs.state import Outcome
from failscape.records.probe_arrays import points_of

SIDE = 40.0  # [mm] of a picture on paper


@register_presenter(Prompts)
class DrawnPresenter(Presenter[DrawnExample]):
    """Shows pictures with their prompts and with what is wrong, as the scorer says it."""

    template = "example_drawn.html"
    columns = ("prompt", "wrong", "filled")
    order_of_versions = Markup("The surest are shown, with what the version <em>before</em> drew from the same noise.")
    names_failures = True
    medium, suffix = "picture", ".png"

    def recorded(self, context: ExampleContext, rows: pd.DataFrame, items: pd.DataFrame) -> list[DrawnExample]:
        """The pictures that were kept."""
        prompts = edit_again(context.space, unedited_again(context, rows), points_of(rows), rows).texts
        before = [name_of(context.answers, int(code)) for code in items.loc[rows["item"], "predicted"]]
        after = [name_of(context.answers, int(code)) for code in rows["predicted"]]
        known = recorded(context, rows, items)
        parts = zip(known, before, after, prompts, rows["output_text"].fillna(""), strict=True)
        return [
            DrawnExample(
                **{**fields, "answer_before": unedited, "answer": wrong},
                prompt=prompt,
                drawn=kept_picture(context.artifacts, str(reference)),
            )
            for fields, unedited, wrong, prompt, reference in parts
        ]

    def versions(self, old: ConceptMDP, new: ConceptMDP, pairs: pd.DataFrame) -> list[DrawnExample]:
        """Both versions draw once more."""
        assert isinstance(old, PictureMDP) and isinstance(new, PictureMDP)
        state = paired_state(old, pairs)
        drawn = [to_hwc(mdp.draw(state)) for mdp in (old, new)]
        parts = zip(answered(old, new, pairs), old.prompts(state).texts, *drawn, strict=True)
        return [
            DrawnExample(**fields, prompt=prompt, earlier=earlier, drawn=later)
            for fields, prompt, earlier, later in parts
        ]

    def question(self, examples: Sequence[DrawnExample]) -> str:
        """Whether the pictures are failures indeed: a scorer errs."""
        if len(examples) == 1:
            return "Is something in it not as its prompt asks?"
        return "Is in each of them something not as its prompt asks?"

    def levels_html(self, items: object, indices: np.ndarray, space: ConceptSpace) -> Markup:
        """The words of each slot."""
        slots = [(concept.name, concept.values) for concept in space.concepts if isinstance(concept, Slot)]
        return macro(self.template, "slots")(slots)

    def markdown(self, examples: Sequence[DrawnExample]) -> str:
        """Nothing: the picture shows them."""
        return ""

    def picture(self, examples: Sequence[DrawnExample]) -> np.ndarray:
        """The first pictures of the first points on one sheet."""
        return pixels(drawn_sheet(examples))

    def thumbnail(self, example: DrawnExample) -> np.ndarray | None:
        """The picture."""
        return example.drawn

    def cells(self, example: DrawnExample) -> tuple[str, ...]:
        """The prompt, what is wrong, and what stands in the slots."""
        return (example.prompt, example.answer, example.edit)

    def describe(self, example: DrawnExample) -> list[str]:
        """The prompt and the verdict."""
        lines = [
            f"item     {example.name}",
            f"edit     {example.edit}",
            f"prompt   {example.prompt}",
            f"verdict  {example.answer} ({percent(example.score)} sure)",
        ]
        return [visible(line) for line in lines]

    def describe_case(self, example: DrawnExample, failure: str, place: Path) -> list[str]:
        """The prompt, the verdict, and where the picture is."""
        return [visible(f"“{example.prompt}”: {example.answer}: {place}")]

    def now(self, context: ExampleContext, now: Outcome) -> list[str]:
        """The verdict on what is drawn now."""
        verdict = name_of(context.answers, int(now.predicted[0]))
        return [visible(f"now      {verdict} ({percent(float(now.confidence[0]))} sure)")]

    def write(self, example: DrawnExample, path: Path) -> None:
        """The picture, as PNG."""
        save_drawn(example, path)

    def print_on(self, paper: Paper, examples: Sequence[DrawnExample]) -> None:
        """Pictures side by side, with prompt and verdict below."""
        paper.keep_together(self.height_on(paper, examples))
        top = paper.get_y()
        for i, example in enumerate(examples):
            left = paper.l_margin + i * (SIDE + 4)
            if example.drawn is not None:
                paper.image(_png(example.drawn), x=left, y=top, w=SIDE, h=SIDE)
            paper.write_in(7, QUIET)
            paper.set_xy(left, top + SIDE + 0.5)
            paper.multi_cell(SIDE, 3.4, f"“{example.prompt}”: {example.answer}", align="L")
        paper.set_xy(paper.l_margin, top + SIDE + 14)

    def height_on(self, paper: Paper, examples: Sequence[DrawnExample]) -> float:
        """A row of pictures and what stands below them."""
        return SIDE + 16

    def alterations(self, space: ConceptSpace) -> list[str]:
        """What was filled into each slot."""
        slots = [concept for concept in space.concepts if isinstance(concept, Slot)]
        return [f"{slot.name}: {', '.join(name for name in slot.level_names if name)}" for slot in slots]


def _png(picture: np.ndarray) -> io.BytesIO:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    buffer.seek(0)
    return buffer
