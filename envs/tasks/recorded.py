"""``failscape/Recorded-v0``: where do the answers fail that somebody has already?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from failscape.common.format import percent
from failscape.common.nouns import Nouns
from failscape.concepts import ConceptSpace
from failscape.concepts.column_axis import ColumnAxis
from failscape.data.base import Items
from failscape.data.batch import Answers
from failscape.data.recorded.axes import Axis
from failscape.data.recorded.demo import CONCEPTS, NAME
from failscape.data.recorded.open import Recorded, open_recorded
from failscape.envs.actions.parsing import make_scheme
from failscape.envs.baseline import BaselineOutputs
from failscape.envs.identity import Identity
from failscape.envs.mdp import ConceptMDP
from failscape.envs.recorded_evaluator import RecordedEvaluator
from failscape.errors import UsageError, did_you_mean
from failscape.rewards.base import Evaluation, Judgement
from failscape.targets.outputs import Outputs

ANSWERS = ("held", "failed")  # names of the codes of answers
EXPLORATIONS = ("macro", "factored")
NOUNS = Nouns(
    item="row",
    items="answers",
    plain_items="answers",
    group="kind",
    groups="kinds",
    score="score",
    failure="{answer}",
    parts="verdicts",
    others="other items",
    task="gave the answers of this table",
    fails="failed in",
    wrongly="",
    failed="failures",
    asked="read how each was judged",
)


class RecordedTarget:
    """Stands where a model stands elsewhere: it gave its answers long ago and cannot be asked again.

    Args:
        name: what gave the answers.
        file: the table.
        n_answers: how many it has.
    """

    task = "recorded-answers"

    def __init__(self, name: str, file: str, n_answers: int) -> None:
        self.name, self.file, self.n_answers = name, file, n_answers
        self.n_queries = 0

    def __call__(self, inputs: Any, /, seeds: Sequence[int] | None = None) -> Outputs:
        """Refuses: no model is asked."""
        raise UsageError(f"{self!r}: the table has no other answers than those that it holds")

    def __repr__(self) -> str:
        of = self.file if self.name == Path(self.file).stem else f"{self.name} ({self.file})"
        return f"{self.n_answers:,} answers of {of}; no model is asked"


class RecordedVerdicts:
    """The reward of a table: its verdicts stand, and nothing is judged anew."""

    threshold = None
    answer_names = ANSWERS

    def label_effect(self, points: np.ndarray, /) -> np.ndarray:
        """Nothing is edited, so every right answer stays right: ``(B, K) -> (B,)``."""
        return np.full(len(points), "preserved", object)

    def __call__(self, evaluation: Evaluation, /) -> Judgement:
        """Refuses: there is no output to judge."""
        raise UsageError("the answers of a table were judged already")


def make_mdp(
    data: str | Path = NAME,
    concepts: Sequence[str] | str | None = None,
    explore: str = "macro",
    held_out: float = 0.2,
    baseline: str | Path | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> ConceptMDP:
    """The MDP of ``failscape/Recorded-v0``.

    Description:
        A table of answers that were judged already is laid out on a grid of some of its columns. The agent names a
        point of the grid, and one of the rows there is revealed. A row costs a query the first time only, so nothing is
        paid twice; ``scan``, the default explorer, reveals every row.

    Action Space:
        ``Discrete(P)``: a point of the grid (``explore="factored"``: one column after the other). A point at which no
        row lies stands for the next one that has some. ``env.unwrapped.describe_action(a)`` says in words what action
        ``a`` does.

    Observation Space:
        ``Box`` of float32: coordinates of the point, and whether one was chosen. Of the row it is told nothing
        beforehand, because the agent chooses which rows it sees.

    Rewards:
        1 where the answer failed, -1 where it held; with ``?score=COLUMN`` the share that is wrong, on that scale.

    Starting State:
        No row revealed. A reset reads nothing.

    Episode End:
        Termination after one row. No truncation.

    Arguments:
        data: a CSV, TSV, JSON, JSONL or Parquet file, plain or as ``.gz``, with options:
            ``answers.csv?failed=correct:0&item=drawing&where=model:gpt-4o``. ``failed`` says which rows failed
            (``COLUMN``, ``COLUMN:VALUE,VALUE``, ``COLUMN<0.5``, ``COLUMN~TEXT``), ``item`` which rows are of one item,
            ``where`` which rows count, ``unit`` which rows are judged together (they fail unless all hold), ``also`` a
            second verdict, ``score`` how right an answer is, ``show`` texts for examples. ``demo:`` is a small table of
            made-up answers.
        concepts: the columns that become axes: ordered where numeric, else without order.
        explore: ``macro`` or ``factored``.
        held_out: share of the items whose rows confirm what the others show.
        baseline: not used; there is no unedited row.
        progress: called with what is being done, how far it is, and how much there is.

    Version History:
        v0: initial.
    """
    if explore not in EXPLORATIONS:
        raise UsageError(f"no way to explore a table {explore!r}{did_you_mean(explore, EXPLORATIONS)}")
    names = [concepts] if isinstance(concepts, str) else list(concepts or (CONCEPTS if data == NAME else ()))
    if progress:
        progress(f"opening {data}", 0, 0)
    tell = (lambda done: progress("reading rows", done, 0)) if progress else None
    found = open_recorded(data, names, held_out=held_out, progress=tell)
    items, batch = found.items, found.items.batch
    assert isinstance(batch, Answers)
    space = space_of(found.axes, items)
    target = RecordedTarget(found.name, found.file, len(items))
    return ConceptMDP(
        target,
        space,
        items,
        RecordedVerdicts(),
        nothing_seen(target, items),
        found.file,
        make_scheme(explore, space, items),
        nouns=NOUNS,
        answer_names=ANSWERS,
        evaluator=RecordedEvaluator(batch),
        caveats=second_verdict(found),
    )


def space_of(axes: Sequence[Axis], items: Items) -> ConceptSpace:
    """The grid of the columns; points at which no row lies are missing."""
    concepts = [ColumnAxis(a.name, a.values or None, edges=a.edges or None, names=a.names) for a in axes]
    whole = ConceptSpace(concepts)
    assert items.layout is not None
    filled = np.zeros(whole.n_points, bool)
    filled[items.layout.point] = True
    return ConceptSpace(concepts, missing=np.flatnonzero(~filled).tolist())


def nothing_seen(target: RecordedTarget, items: Items) -> BaselineOutputs:
    """What stands for a look at unedited items where there are none."""
    n = len(items)
    none = np.zeros(n, np.float32)
    features, words = torch.zeros((n, 2)).numpy(), np.full(n, "", str)
    known, said = Identity.of(target, items), np.zeros(0, str)
    return BaselineOutputs(features, none, np.zeros(n, np.int64), none > 0, none.copy(), words, *known, said, 0)


def second_verdict(found: Recorded) -> list[str]:
    """What a second verdict says of the same rows, in a sentence; none where there is none."""
    batch, also = found.items.batch, found.chosen.also
    assert isinstance(batch, Answers)
    both = batch.also >= 0
    if also is None:
        return []
    if not both.any():
        return [f"the second verdict, {also}, says nothing of any row"]
    first, second = batch.failed[both], batch.also[both] > 0
    return [
        f"by {also}, the second verdict, {percent(second.mean())} of the {both.sum():,} rows that have both fail "
        f"instead of {percent(first.mean())} by {found.chosen.failed}; the two agree on "
        f"{percent((first == second).mean())}{kappa_text(first, second)}"
    ]


def kappa_text(first: np.ndarray, second: np.ndarray) -> str:
    """Cohen's kappa of two verdicts, in words; empty where it is not defined."""
    agree, a, b = float((first == second).mean()), float(first.mean()), float(second.mean())
    chance = a * b + (1 - a) * (1 - b)
    return "" if chance >= 1 else f" (kappa {(agree - chance) / (1 - chance):.2f}, where 1 is full agreement)"
