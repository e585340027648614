"""Images whose classes a target names: before and after, side by side."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from failscape.analysis.examples.base import ExampleContext
from failscape.analysis.examples.image_example import ImageExample, save_pair, to_hwc
from failscape.analysis.examples.image_levels import concept_strips
from failscape.analysis.examples.image_sheet import examples_sheet
from failscape.analysis.examples.presenter import Presenter, register_presenter
from failscape.analysis.examples.remake import answered, edit_again, name_of, paired_state, recorded, unedited_again
from failscape.analysis.examples.thumbnails import thumbnail
from failscape.analysis.pages import macro
from failscape.analysis.paper import QUIET, Paper
from failscape.analysis.plots.still import pixels
from failscape.common.format import percent
from failscape.common.visible import visible
from failscape.concepts import Concept, ConceptSpace
from failscape.concepts.images.registry import IMAGE_CONCEPTS
from failscape.data.base import Items
from failscape.data.batch import Images
from failscape.envs.mdp import ConceptMDP
from failscape.envs.state import Outcome
from failscape.records.probe_arrays import points_of

SIDE = 26.0  # [mm] of a picture on paper


@register_presenter(Images)
class ImagePresenter(Presenter[ImageExample]):
    """Shows images before and after an edit, with the classes that the target named."""

    template = "example_images.html"
    columns = ("item", "group", "predicted_label", "edit")
    order_of_versions = Markup(
        "The surest are shown; under the unedited picture stands what the version <em>before</em> said of the edited "
        "one."
    )
    names_failures = True
    medium, suffix = "picture", ".png"

    def recorded(self, context: ExampleContext, rows: pd.DataFrame, items: pd.DataFrame) -> list[ImageExample]:
        """The images made again."""
        inputs = unedited_again(context, rows)
        edited = edit_again(context.space, inputs, points_of(rows), rows)
        return _examples(recorded(context, rows, items), inputs, edited, context.answers)

    def versions(self, old: ConceptMDP, new: ConceptMDP, pairs: pd.DataFrame) -> list[ImageExample]:
        """Under the unedited picture stands what the version before said of the edited one."""
        state = paired_state(old, pairs)
        inputs: Any = old.inputs(state)
        edited = old.edited(state, inputs)
        return _examples(answered(old, new, pairs), inputs, edited, old.answer_names)

    def question(self, examples: Sequence[ImageExample]) -> str:
        """Whether the edited pictures still show their class; not asked where an edit is known to make another one."""
        if any(e.label != e.unedited_label for e in examples):
            return ""
        names = {e.label for e in examples}
        if len(names) > 1:
            return "Would you still call each of them what is given as its truth?"
        return f"Would you still call {'it' if len(examples) == 1 else 'all of them'} “{names.pop()}”?"

    def levels_html(self, items: Items, indices: np.ndarray, space: ConceptSpace) -> Markup:
        """One image at every level of each concept."""
        return macro(self.template, "strips")(concept_strips(items.batch.take(indices[:1]), space))

    def markdown(self, examples: Sequence[ImageExample]) -> str:
        """Nothing: the picture shows them."""
        return ""

    def picture(self, examples: Sequence[ImageExample]) -> np.ndarray:
        """The first examples of the first points on one sheet."""
        return pixels(examples_sheet(examples))

    def thumbnail(self, example: ImageExample) -> np.ndarray:
        """The edited image."""
        return example.after

    def cells(self, example: ImageExample) -> tuple[str, ...]:
        """With the true class."""
        return (example.name, example.label, example.answer, example.edit)

    def describe(self, example: ImageExample) -> list[str]:
        """What the target said of it."""
        verdict = "wrong" if example.failed else "right"
        lines = [
            f"item     {example.name}, a {example.label}",
            f"edit     {example.edit}",
            f"before   {example.answer_before}",
            f"after    {example.answer} ({percent(example.score)}): {verdict}",
        ]
        return [visible(line) for line in lines]

    def describe_case(self, example: ImageExample, failure: str, place: Path) -> list[str]:
        """How sure the target was, and where the picture is."""
        return [f"{visible(failure)} ({percent(example.score)} sure), {example.edit}: {place}"]

    def now(self, context: ExampleContext, now: Outcome) -> list[str]:
        """The class that it names now."""
        return [visible(f"now      {name_of(context.answers, int(now.predicted[0]))} ({percent(now.confidence[0])})")]

    def write(self, example: ImageExample, path: Path) -> None:
        """Before and after side by side, as PNG."""
        save_pair(example, path)

    def print_on(self, paper: Paper, examples: Sequence[ImageExample]) -> None:
        """Pairs of before and after, side by side, with what was said of them."""
        paper.keep_together(self.height_on(paper, examples))
        top = paper.get_y()
        for i, example in enumerate(examples):
            left = paper.l_margin + i * (2 * SIDE + 4)
            for picture, x in ((example.before, left), (example.after, left + SIDE + 1)):
                paper.image(_png(picture), x=x, y=top, w=SIDE, h=SIDE)
            paper.write_in(7, QUIET)
            paper.set_xy(left, top + SIDE + 0.5)
            said = (
                f"{example.edit}\n“{example.answer_before}” unaltered, “{example.answer}” altered; "
                f"right is “{example.label}”"
            )
            paper.multi_cell(2 * SIDE + 1, 3.4, said, align="L")
        paper.set_xy(paper.l_margin, top + SIDE + 12)

    def height_on(self, paper: Paper, examples: Sequence[ImageExample]) -> float:
        """A row of pictures and what stands below them."""
        return SIDE + 14

    def untried(self, space: ConceptSpace) -> list[type[Concept]]:
        """Edits of images that are not in a space."""
        return [concept for name, concept in IMAGE_CONCEPTS.items() if name not in space.names]


def _examples(told: list[dict[str, Any]], inputs: Images, edited: Images, answers: Sequence[str]) -> list[ImageExample]:
    """Pictures before and after beside what is told of them, with the answer that is right after the edit."""
    labels = inputs.right_answer.tolist(), edited.right_answer.tolist()
    parts = zip(told, *labels, to_hwc(inputs.pixels), to_hwc(edited.pixels), strict=True)
    return [
        ImageExample(
            **fields, label=name_of(answers, now), unedited_label=name_of(answers, own), before=before, after=after
        )
        for fields, own, now, before, after in parts
    ]


def _png(picture: np.ndarray) -> io.BytesIO:
    buffer = io.BytesIO()
    thumbnail(picture).save(buffer, "PNG")
    buffer.seek(0)
    return buffer
