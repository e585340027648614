"""Pairs of a picture and its edited version, with how alike two encoders take them for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from markupsafe import Markup

from failscape.analysis.examples.base import ExampleContext
from failscape.analysis.examples.image_example import ImageExample, save_pair, to_hwc
from failscape.analysis.examples.image_levels import concept_strips
from failscape.analysis.examples.image_sheet import examples_sheet
from failscape.analysis.examples.presenter import Presenter, register_presenter
from failscape.analysis.examples.remake import answered, edit_again, paired_state, recorded, unedited_again
from failscape.analysis.pages import macro
from failscape.analysis.plots.still import pixels
from failscape.common.visible import visible
from failscape.concepts import ConceptSpace
from failscape.data.base import Items
from failscape.data.pairs.batch import Pictures
from failscape.envs.mdp import ConceptMDP
from failscape.envs.state import Outcome
from failscape.records.probe_arrays import points_of
from failscape.rewards.pair_similarity import similarities


@dataclass(frozen=True)
class PairExample(ImageExample):
    """A picture and its edited version; nothing is named, so that there are no labels."""

    target: float  # similarity to the target, in [-1, 1]
    reference: float  # to the reference; NaN where it was not recorded

    def captions(self) -> tuple[tuple[str, str], tuple[str, str]]:
        """Similarities under the edited picture."""
        which = f"probe {self.probe}" if self.probe >= 0 else ""
        return (self.name, which), (f"target {self.target:.3f}", f"reference {self.reference_text}")

    @property
    def reference_text(self) -> str:
        """The similarity to the reference, a dash where it is not known."""
        return "–" if math.isnan(self.reference) else f"{self.reference:.3f}"

    @property
    def alike(self) -> str:
        """Both similarities in words."""
        return f"similarity {self.target:.3f} to the target, {self.reference_text} to the reference"


@register_presenter(Pictures)
class PairPresenter(Presenter[PairExample]):
    """Shows both pictures of a pair, with both similarities."""

    template = "example_pairs.html"
    columns = ("item", "group", "verdict", "edit")
    order_of_versions = Markup("The most alike to the target come first.")
    medium, suffix = "picture", ".png"

    def recorded(self, context: ExampleContext, rows: pd.DataFrame, items: pd.DataFrame) -> list[PairExample]:
        """The pictures made again."""
        inputs = unedited_again(context, rows)
        edited = edit_again(context.space, inputs, points_of(rows), rows)
        known = [similarities(*pair) for pair in zip(rows["reward"], rows["confidence"], strict=True)]
        parts = zip(recorded(context, rows, items), known, to_hwc(inputs.pixels), to_hwc(edited.pixels), strict=True)
        return [
            PairExample(
                **fields, label="", unedited_label="", before=before, after=after, target=target, reference=reference
            )
            for fields, (target, reference), before, after in parts
        ]

    def versions(self, old: ConceptMDP, new: ConceptMDP, pairs: pd.DataFrame) -> list[PairExample]:
        """With the similarity to the newer version of the target."""
        state = paired_state(old, pairs)
        inputs = old.inputs(state)
        edited = old.edited(state, inputs)
        pictures = zip(to_hwc(inputs.field("pixels")), to_hwc(edited.field("pixels")), strict=True)
        parts = zip(answered(old, new, pairs), pairs["confidence_after"], pictures, strict=True)
        return [
            PairExample(
                **fields,
                label="",
                unedited_label="",
                before=before,
                after=after,
                target=2 * float(confidence) - 1,
                reference=math.nan,
            )
            for fields, confidence, (before, after) in parts
        ]

    def levels_html(self, items: Items, indices: np.ndarray, space: ConceptSpace) -> Markup:
        """One picture with each edit."""
        return macro(self.template, "strips")(concept_strips(items.batch.take(indices[:1]), space))

    def markdown(self, examples: Sequence[PairExample]) -> str:
        """Nothing: the picture shows them."""
        return ""

    def picture(self, examples: Sequence[PairExample]) -> np.ndarray:
        """The first pairs of the first points on one sheet."""
        return pixels(examples_sheet(examples))

    def thumbnail(self, example: PairExample) -> np.ndarray:
        """The edited picture."""
        return example.after

    def describe(self, example: PairExample) -> list[str]:
        """Both similarities, and the verdict."""
        lines = [f"item     {example.name}, {example.group}", f"edit     {example.edit}"]
        return [visible(line) for line in [*lines, f"pair     {example.alike}: {example.answer}"]]

    def describe_case(self, example: PairExample, failure: str, place: Path) -> list[str]:
        """The edit, both similarities, and where the pictures are."""
        return [visible(f"{example.edit}: {example.alike}: {place}")]

    def now(self, context: ExampleContext, now: Outcome) -> list[str]:
        """Both similarities when the encoders are asked once more."""
        target, reference = similarities(float(now.reward[0]), float(now.confidence[0]))
        verdict = context.answers[int(now.predicted[0])]
        return [f"now      similarity {target:.3f} to the target, {reference:.3f} to the reference: {verdict}"]

    def write(self, example: PairExample, path: Path) -> None:
        """Both pictures side by side, as PNG."""
        save_pair(example, path)
