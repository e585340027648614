"""Presenters: how items of one kind, and what a target answers to them, are shown in every medium.

Shapes: ``B`` probes or pairs, ``N`` items, ``H, W`` picture.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, overload

import numpy as np
import pandas as pd
from markupsafe import Markup

from failscape.analysis.examples import levels
from failscape.analysis.examples.base import Example, ExampleContext
from failscape.analysis.examples.remake import name_of
from failscape.analysis.pages import macro
from failscape.common.format import percent
from failscape.common.markdown import literal
from failscape.common.visible import visible
from failscape.concepts import Concept, ConceptSpace
from failscape.data.base import Items
from failscape.envs.mdp import ConceptMDP
from failscape.envs.state import Outcome

if TYPE_CHECKING:
    from failscape.analysis.paper import Paper

E = TypeVar("E", bound=Example)
P = TypeVar("P", bound="Presenter[Any]")
MARKDOWN_ROWS = 24  # examples of one summary in words


class Presenter(ABC, Generic[E]):
    """How items of one kind are shown; what a subclass does not say is shown in words: name, group, edit, answers.

    A subclass is registered by :func:`register_presenter` and makes examples of its own type, which may hold whatever
    it shows of a probe. Its template has the macros ``gallery``, ``case`` and ``legend``.
    """

    template: ClassVar[str] = "example_words.html"
    columns: ClassVar[tuple[str, ...]] = ("item", "group", "answer", "edit")  # what :meth:`cells` gives
    marks: ClassVar[str] = ""  # how examples are to be read, in a sentence or two, where that needs saying
    order_of_versions: ClassVar[Markup] = Markup("The surest are shown.")  # of newly created failures
    names_failures: ClassVar[bool] = False  # whether an example alone says what kind of failure it is
    medium: ClassVar[str] = "text"  # what :meth:`write` writes
    suffix: ClassVar[str] = ".txt"  # of its file

    # Making examples

    @abstractmethod
    def recorded(self, context: ExampleContext, rows: pd.DataFrame, items: pd.DataFrame) -> Sequence[E]:
        """Examples of ``B`` recorded probes, made again.

        Args:
            context: what the run was about.
            rows: the probes, as the records hold them; the index is the number of a probe.
            items: of the run, as the records hold them; the index is the number of an item.
        """

    @abstractmethod
    def versions(self, old: ConceptMDP, new: ConceptMDP, pairs: pd.DataFrame) -> Sequence[E]:
        """Examples of ``B`` pairs of item and edit that fail in the version ``new`` of a target and not in ``old``.

        Args:
            old: the target as it was.
            new: another version of it, with the same items and edits.
            pairs: columns ``item`` and ``point`` (-1 unedited), and of either version what was asked of it, ending in
                ``_before`` and ``_after``.
        """

    def clearest(self, pairs: pd.DataFrame) -> pd.DataFrame:
        """New failures in the order in which they are shown: the surest wrong answers first."""
        return pairs.sort_values("confidence_after", ascending=False, kind="stable")

    def question(self, examples: Sequence[E]) -> str:
        """What people are asked of the right answer after the edits, to say yes where it still is, for all examples.

        Empty where they are not asked: where the right answer is not something that is seen in an item, or where it is
        known that the edits make another one right.
        """
        return ""

    # Pages

    def html(self, examples: Sequence[E], *, edits: bool = False, shown: int = 2) -> Markup:
        """Examples on a page.

        Args:
            examples: what is shown.
            edits: whether each says its edit; else a heading does.
            shown: how many are open where they are long.
        """
        return macro(self.template, "gallery")(examples, edits, shown)

    def case_html(self, examples: Sequence[E]) -> Markup:
        """Examples on the page on which people rate them."""
        return macro(self.template, "case")(examples)

    def legend(self) -> Markup:
        """How examples on a page are to be read; empty where that needs no saying."""
        return macro(self.template, "legend")()

    def levels_html(self, items: Items, indices: np.ndarray, space: ConceptSpace) -> Markup:
        """What each edit of a space does, on a page.

        Args:
            items: of which some may be shown, edited.
            indices: of those that may be shown.
            space: the edits.
        """
        return macro("example_words.html", "levels")(levels.levels_of(space))

    # TensorBoard

    def markdown(self, examples: Sequence[E]) -> str:
        """Examples as Markdown; empty where :meth:`picture` shows them."""
        head = "| item | group | edit | before | after | probe |\n|:--|:--|:--|:--|:--|--:|"
        rows = [
            (e.name, e.group, e.edit, e.answer_before, f"{e.answer} {percent(e.score)}", str(e.probe))
            for e in examples[:MARKDOWN_ROWS]
        ]
        return "\n".join([head, *(f"| {' | '.join(literal(cell) for cell in row)} |" for row in rows)])

    def picture(self, examples: Sequence[E]) -> np.ndarray | None:
        """Examples as one picture ``(H, W, 3)`` uint8, where they are pictures."""
        return None

    def thumbnail(self, example: E) -> np.ndarray | None:
        """A picture ``(H, W, 3)`` uint8 that stands for an example among hundreds, where it has one."""
        return None

    def cells(self, example: E) -> tuple[str, ...]:
        """What a table of hundreds says of an example, a cell for each of ``columns``."""
        return (example.name, example.group, example.answer, example.edit)

    # The terminal, and files

    def describe(self, example: E) -> list[str]:
        """What a person at a terminal reads of an example, in lines."""
        verdict = "wrong" if example.failed else "right"
        lines = [
            f"item     {example.name}, {example.group}",
            f"edit     {example.edit}",
            f"before   {example.answer_before}",
            f"after    {example.answer} ({percent(example.score)}): {verdict}",
        ]
        return [visible(line) for line in lines]

    def describe_case(self, example: E, failure: str, place: Path) -> list[str]:
        """What a person who rates failures at a terminal reads of one of them, in lines.

        Args:
            example: the failure.
            failure: its kind, in words.
            place: where :meth:`write` has written it.
        """
        said = f"{example.name}, {example.edit}: {example.answer_before} → {example.answer} ({percent(example.score)})"
        return [visible(said)]

    def now(self, context: ExampleContext, now: Outcome) -> list[str]:
        """What a target answers when it is asked once more, the first of ``now``, in lines."""
        answer = now.output_text[0] or name_of(context.answers, int(now.predicted[0]))
        return [visible(f"now      {answer} ({percent(float(now.confidence[0]))})")]

    def write(self, example: E, path: Path) -> None:
        """Write all there is to see of an example to a file."""
        path.write_text("\n".join(self.describe(example)) + "\n", encoding="utf-8")

    # The audit

    def print_on(self, paper: Paper, examples: Sequence[E]) -> None:
        """Examples on paper."""
        for e in examples:
            paper.paragraph(f"•  {e.edit} ({e.group}, {e.name}): “{e.answer_before}” → “{e.answer}”", indent=4)

    def height_on(self, paper: Paper, examples: Sequence[E]) -> float:
        """Height [mm] of the first thing that :meth:`print_on` prints and that no page may part: a line by default."""
        return 12.0

    def alterations(self, space: ConceptSpace) -> list[str]:
        """What was altered and how far, a line for each edit."""
        return levels.alterations(space)

    def untried(self, space: ConceptSpace) -> list[type[Concept]]:
        """The edits of such items that exist and are not in a space."""
        return []


class Examples(Sequence[Example]):
    """Examples of one run, and the presenter who shows them."""

    def __init__(self, presenter: Presenter[Any], examples: Sequence[Example] = ()) -> None:
        self.presenter, self._examples = presenter, tuple(examples)

    def __len__(self) -> int:
        return len(self._examples)

    @overload
    def __getitem__(self, index: int) -> Example: ...

    @overload
    def __getitem__(self, index: slice) -> Examples: ...

    def __getitem__(self, index: int | slice) -> Example | Examples:
        found = self._examples[index]
        return found if isinstance(found, Example) else Examples(self.presenter, found)

    def at(self, point: int) -> Examples:
        """Those of one point of the grid."""
        return Examples(self.presenter, [example for example in self if example.point == point])

    def html(self, *, edits: bool = False, shown: int = 2) -> Markup:
        """All of them on a page; nothing where there are none."""
        return self.presenter.html(self._examples, edits=edits, shown=shown) if self else Markup("")

    def question(self) -> str:
        """What people are asked of the right answer after the edits; empty where they are not."""
        return self.presenter.question(self._examples) if self else ""

    def legend(self) -> Markup:
        """How they are to be read on a page."""
        return self.presenter.legend()

    def __repr__(self) -> str:
        return f"Examples({len(self)} of {type(self.presenter).__name__})"


PRESENTERS: dict[type[Any], Presenter[Any]] = {}  # by the type of batch that they show


def register_presenter(batch: type[Any]) -> Callable[[type[P]], type[P]]:
    """Let a presenter show the items of a type of batch: a decorator of its class."""

    def register(presenter: type[P]) -> type[P]:
        PRESENTERS[batch] = presenter()
        return presenter

    return register
