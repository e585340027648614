"""Articles that a target summarizes: what the edit changed, and the summaries beside what they are judged by.

Shapes: ``B`` probes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from failscape.analysis.examples.base import ExampleContext
from failscape.analysis.examples.presenter import Presenter, register_presenter
from failscape.analysis.examples.remake import edit_again, name_of, paired, paired_state, recorded, unedited_again
from failscape.analysis.examples.text_example import TextExample, compare_summaries, compare_versions, comparison_text
from failscape.analysis.examples.text_levels import edit_alterations, edit_strips, edits_of
from failscape.analysis.examples.text_markdown import texts_markdown
from failscape.analysis.examples.text_paper import article_height, print_article
from failscape.analysis.examples.wording import wrapped
from failscape.analysis.pages import macro
from failscape.analysis.paper import Paper
from failscape.common.format import percent
from failscape.common.visible import visible_text
from failscape.concepts import Concept, ConceptSpace
from failscape.concepts.label_effect import preserved
from failscape.concepts.text.registry import TEXT_CONCEPTS
from failscape.data.base import Items
from failscape.data.batch import Articles
from failscape.envs.mdp import ConceptMDP
from failscape.envs.state import Outcome
from failscape.records.probe_arrays import points_of
from failscape.rewards.base import Reward

MARKS = "[-taken out, or missing-] {+put in, or not in what it is compared with+}"


@register_presenter(Articles)
class TextPresenter(Presenter[TextExample]):
    """Shows articles and their summaries word by word."""

    template = "example_texts.html"
    columns = ("item", "topic", "summary", "wrong", "edit")
    marks = (
        "In the examples, words that an alteration took out are struck, and those it put in are underlined. "
        "Underlined in a summary is what its reference has not got, and in the reference what the summary lacks."
    )
    order_of_versions = Markup("The clearest are shown.")

    def recorded(self, context: ExampleContext, rows: pd.DataFrame, items: pd.DataFrame) -> list[TextExample]:
        """The articles made again, with the summaries that were recorded."""
        points, inputs = points_of(rows), unedited_again(context, rows)
        edited = edit_again(context.space, inputs, points, rows)
        unedited, effects = items.loc[rows["item"]], _label_effects(context.reward, points)
        before, after = (frame["output_text"].fillna("").tolist() for frame in (unedited, rows))
        scores = list(zip(unedited["score"].tolist(), rows["score"].astype(float), strict=True))
        found = []
        for i, fields in enumerate(recorded(context, rows, items)):
            words = {"answer_before": before[i], "answer": after[i], "score": scores[i][1]}
            kind, input_truncated = (
                name_of(context.answers, int(rows["predicted"].iloc[i])),
                bool(rows["input_truncated"].iloc[i]),
            )
            comparison = compare_summaries(inputs.pair[i], edited.pair[i], (before[i], after[i]), scores[i], effects[i])
            found.append(
                TextExample(**{**fields, **words}, kind=kind, comparison=comparison, input_truncated=input_truncated)
            )
        return found

    def versions(self, old: ConceptMDP, new: ConceptMDP, pairs: pd.DataFrame) -> list[TextExample]:
        """Both versions are asked once more, for their words are not kept."""
        state = paired_state(old, pairs)
        inputs: Any = old.inputs(state)
        edited, answers = old.edited(state, inputs), [mdp.evaluate(state) for mdp in (old, new)]
        effects = _label_effects(old.reward, state.points)
        found = []
        for i, fields in enumerate(paired(old, pairs)):
            first, second = answers
            output_text, scores = (first.output_text[i], second.output_text[i]), (first.score[i], second.score[i])
            unedited = str(old.baseline.output_text[state.items[i]])
            comparison = compare_versions(inputs.pair[i], edited.pair[i], output_text, scores, effects[i], unedited)
            kind, input_truncated = name_of(old.answer_names, int(second.predicted[i])), bool(second.input_truncated[i])
            words = {"answer_before": output_text[0], "answer": output_text[1], "score": float(scores[1])}
            found.append(
                TextExample(**fields, **words, kind=kind, comparison=comparison, input_truncated=input_truncated)
            )
        return found

    def clearest(self, pairs: pd.DataFrame) -> pd.DataFrame:
        """Those of the lowest scores first: where a summary fails clearly, its score is low."""
        return pairs.sort_values("confidence_after", kind="stable")

    def levels_html(self, items: Items, indices: np.ndarray, space: ConceptSpace) -> Markup:
        """One passage at every strength of each edit."""
        return macro(self.template, "strips")(edit_strips(items.batch.field("pair")[indices], indices, space))

    def markdown(self, examples: Sequence[TextExample]) -> str:
        """The first of them, each under its edit."""
        return texts_markdown(examples)

    def cells(self, example: TextExample) -> tuple[str, ...]:
        """Its topic, its summary, and what is wrong with that."""
        return (example.name, example.group, example.answer, example.kind, example.edit)

    def describe(self, example: TextExample) -> list[str]:
        """The article around its changes, both summaries and the reference."""
        return wrapped([*_about(example), *comparison_text(example.comparison)])

    def describe_case(self, example: TextExample, failure: str, place: Path) -> list[str]:
        """All of it, and where the whole article is."""
        return ["", *self.describe(example), f"whole text: {place}"]

    def now(self, context: ExampleContext, now: Outcome) -> list[str]:
        """The summary that it writes now."""
        return wrapped([f"now      {now.output_text[0] or '(nothing)'} ({percent(float(now.score[0]))})"])

    def write(self, example: TextExample, path: Path) -> None:
        """The whole article with its marks, both summaries and the reference."""
        text = [*_about(example), *(f"\n{line}" for line in comparison_text(example.comparison, whole=True))]
        path.write_text(visible_text("\n".join(text)) + "\n", encoding="utf-8")

    def print_on(self, paper: Paper, examples: Sequence[TextExample]) -> None:
        """One after another."""
        for example in examples:
            print_article(paper, example)

    def height_on(self, paper: Paper, examples: Sequence[TextExample]) -> float:
        """The first article with its summaries."""
        return article_height(paper, examples[0])

    def alterations(self, space: ConceptSpace) -> list[str]:
        """The edits of a space or on a grid, and their strengths."""
        return edit_alterations(space)

    def untried(self, space: ConceptSpace) -> list[type[Concept]]:
        """Edits of texts that are not in a space or on a grid."""
        made = {edit.name for edit in edits_of(space)}
        return [concept for name, concept in TEXT_CONCEPTS.items() if name not in made]


def _label_effects(reward: Reward | None, points: np.ndarray) -> np.ndarray:
    """What edits at points ``(B, K)`` do to a reference, as the reward sees it: ``(B,)`` str."""
    return preserved(points) if reward is None else reward.label_effect(points)


def _about(example: TextExample) -> list[str]:
    facts = f": it {example.comparison.facts}" if example.failed and example.comparison.facts else ""
    return [
        f"item     {example.name}, {example.group}",
        f"edit     {example.edit}",
        f"verdict  {'FAILS' if example.failed else 'holds'}, {example.kind}{facts}",
        *(["read     not to its end: the edited article is too long"] if example.input_truncated else []),
        f"beside   {example.comparison.compared_with}",
        f"marks    {MARKS}",
    ]
