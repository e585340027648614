"""Recorded answers: a row of a table in words, with its verdicts and what there is to read of it.

Shapes: ``B`` probes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from markupsafe import Markup

from failscape.analysis.examples import levels
from failscape.analysis.examples.base import Example, ExampleContext
from failscape.analysis.examples.presenter import MARKDOWN_ROWS, Presenter, register_presenter
from failscape.analysis.examples.wording import wrapped
from failscape.analysis.pages import macro
from failscape.analysis.paper import Paper
from failscape.common.markdown import literal
from failscape.concepts import ConceptSpace
from failscape.data.base import Items
from failscape.data.batch import Answers
from failscape.envs.mdp import ConceptMDP
from failscape.envs.state import Outcome
from failscape.errors import UsageError
from failscape.records.probe_arrays import points_of

LONG = 400  # characters of a text that a table of examples shows


@dataclass(frozen=True)
class AnswerExample(Example):
    """One row of a table."""

    shown: tuple[tuple[str, str], ...]  # column and text
    verdict: str  # ``failed``, ``held``; with the second one where there are two


@register_presenter(Answers)
class AnswersPresenter(Presenter[AnswerExample]):
    """Shows rows by where they lie, their texts and their verdicts."""

    template = "example_answers.html"
    columns = ("row", "where", "verdict", "texts")

    def recorded(self, context: ExampleContext, rows: pd.DataFrame, items: pd.DataFrame) -> list[AnswerExample]:
        """The rows of the table, with the verdicts that were recorded."""
        batch, points = context.data.batch, points_of(rows)
        assert isinstance(batch, Answers)
        found = []
        for i, (number, (_, row)) in enumerate(zip(rows.index.tolist(), rows.iterrows(), strict=True)):
            item, failed = int(row["item"]), bool(row["failed"])
            first = _word(failed)
            found.append(
                AnswerExample(
                    probe=number,
                    name=str(row["name"]),
                    point=int(row["point"]),
                    edit=context.space.label(points[i]),
                    group="",
                    answer_before="",
                    answer=first,
                    score=float(row["score"]),
                    failed=failed,
                    shown=batch.shown[item],
                    verdict=first + _second(int(batch.also[item])),
                )
            )
        return found

    def versions(self, old: ConceptMDP, new: ConceptMDP, pairs: pd.DataFrame) -> list[AnswerExample]:
        """Refuses: a table has no second version; models in one table are compared with ``--compare``."""
        raise UsageError("answers of a table have no version before and after; compare its columns with --compare")

    def levels_html(self, items: Items, indices: np.ndarray, space: ConceptSpace) -> Markup:
        """The values of each column that is an axis, and how they were made."""
        return macro(self.template, "columns")(levels.levels_of(space), items.notes)

    def markdown(self, examples: Sequence[AnswerExample]) -> str:
        """A table of them."""
        head = "| row | where | verdict | texts | probe |\n|:--|:--|:--|:--|--:|"
        rows = [(*self.cells(e), str(e.probe)) for e in examples[:MARKDOWN_ROWS]]
        return "\n".join([head, *(f"| {' | '.join(literal(cell) for cell in row)} |" for row in rows)])

    def cells(self, example: AnswerExample) -> tuple[str, ...]:
        """Where it lies, its verdict and its texts, shortened."""
        texts = "; ".join(f"{column}: {_short(text)}" for column, text in example.shown)
        return (example.name, example.edit, example.verdict, texts)

    def describe(self, example: AnswerExample) -> list[str]:
        """All of the row."""
        width = max((len(column) for column, _ in example.shown), default=8)
        facts = [("row", example.name), ("where", example.edit), ("verdict", example.verdict), *example.shown]
        return wrapped([f"{name:<{max(width, 8)}} {text}" for name, text in facts])

    def describe_case(self, example: AnswerExample, failure: str, place: Path) -> list[str]:
        """All of the row."""
        return ["", *self.describe(example)]

    def now(self, context: ExampleContext, now: Outcome) -> list[str]:
        """What the table says when it is read once more."""
        return [f"now      {_word(bool(now.failed[0]))}"]

    def print_on(self, paper: Paper, examples: Sequence[AnswerExample]) -> None:
        """Rows on paper."""
        for e in examples:
            texts = "".join(f"; {column}: “{_short(text)}”" for column, text in e.shown)
            paper.paragraph(f"•  {e.name}: {e.edit}; {e.verdict}{texts}", indent=4)

    def alterations(self, space: ConceptSpace) -> list[str]:
        """The columns and their values."""
        return [f"{one.concept}: {', '.join(one.labels)}" for one in levels.levels_of(space)]


def _word(failed: bool) -> str:
    return "failed" if failed else "held"


def _second(also: int) -> str:
    """What the second verdict adds."""
    if also < 0:
        return ""
    return f" (second verdict: {_word(also > 0)})"


def _short(text: str) -> str:
    return text if len(text) <= LONG else f"{text[:LONG]}…"
