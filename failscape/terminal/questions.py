"""Questions about blind pairs as the command line shows them, takes them in and writes them out."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pandas as pd

from failscape.analysis.pairs.human_baseline import Share, baselines
from failscape.common.format import counted, interval, percent
from failscape.common.visual_patterns import PATTERNS
from failscape.data.pairs.mmvp import MmvpPair, write_mmvp
from failscape.errors import UsageError
from failscape.records.questions import OPTIONS, PICTURES, QuestionStore
from failscape.terminal.output import Terminal, table
from failscape.workflows.questions import QuestionSession
from failscape.workflows.questions_csv import import_questions, questions_in

NO_PATTERN = "no pattern chosen"


def take_in(terminal: Terminal, session: QuestionSession, path: Path) -> None:
    """Store the questions of a CSV file, all or none."""
    questions = questions_in(path, session)
    with QuestionStore(session.store_path) as store:
        became = import_questions(session, store, questions)
    terminal.line(f"{became} in {path}")
    print_stored(terminal, session)


def print_stored(terminal: Terminal, session: QuestionSession) -> None:
    """How much is stored, and where."""
    with QuestionStore(session.store_path, read_only=True) as store:
        counting, n_answers = session.counting(store), len(store.answers())
    n_asked = int(counting["difference"].sum())
    terminal.line(
        f"stored    {counted(n_asked, 'question')}, {counted(len(counting) - n_asked, 'pair')} without a difference, "
        f"{counted(n_answers, 'answer')} in {session.store_path}"
    )
    terminal.line(f"next      {shlex.join(['failscape', 'questions', str(session.path), '--summary'])}")


def with_questions(session: QuestionSession) -> pd.DataFrame:
    """The questions that count, as a session has them, without pairs in which nobody sees a difference.

    Raises:
        UsageError: there is none.
    """
    with QuestionStore(session.store_path, read_only=True) as store:
        counting = session.counting(store)
    asked = counting[counting["difference"]]
    if asked.empty:
        raise UsageError(
            f"no pair of {session.path} has a question yet; write some with `failscape questions {session.path}`"
        )
    return asked


def print_summary(terminal: Terminal, session: QuestionSession) -> None:
    """What there is, and how often people answer correctly."""
    with QuestionStore(session.store_path, read_only=True) as store:
        counting, answers = session.counting(store), store.answers()
        n_elsewhere = len(store.counting()) - len(counting)
    asked = counting[counting["difference"]]
    n_pairs, n_same = len(session.ranked), len(counting) - len(asked)
    terminal.line(f"pairs     {counted(n_pairs, 'blind pair')} of {session.path}")
    terminal.line(
        f"written   {counted(len(asked), 'pair has a question', 'pairs have a question')}, in {n_same:,} a person sees "
        f"no difference, {n_pairs - len(counting):,} are left"
    )
    if n_elsewhere:
        terminal.line(f"left out  {counted(n_elsewhere, 'question')} about pairs that the table no longer has")
    if len(asked):
        terminal.line("")
        terminal.print(_patterns(asked))
        _print_baselines(terminal, asked, answers)


def _patterns(asked: pd.DataFrame) -> object:
    shown = table("visual pattern", "pairs", left="visual pattern")
    for name, n in asked["pattern"].value_counts(sort=True).items():
        shown.add_row(PATTERNS.get(str(name), NO_PATTERN), f"{n:,}")
    return shown


def _print_baselines(terminal: Terminal, asked: pd.DataFrame, answers: pd.DataFrame) -> None:
    terminal.line("")
    judged = answers[answers["question"].isin(asked.index)]
    if judged.empty:
        return terminal.line("nobody has answered; `--answer` opens a page for someone who did not ask")
    right = {(number, which): asked.at[number, f"{which}_answer"] for number in asked.index for which in PICTURES}
    keys = judged[["question", "picture", "answer"]].to_numpy(object).tolist()
    correct = np.array([right[number, which] == answer for number, which, answer in keys], bool)
    shown = table("who answered", "questions", "correct", "95 %", "pairs", "both correct", "95 %", left="who answered")
    found = baselines(judged.assign(correct=correct))
    for row in found:
        shown.add_row(row.answerer or "all together", *_cells(row.answers), *_cells(row.pairs))
    terminal.print(shown)
    terminal.line("A question is about one picture; of a pair with both answered, both are correct or not.")
    terminal.line("The intervals are of other pairs mined alike, by the same people; pairs are their clusters.")
    return None


def _cells(share: Share) -> tuple[str, str, str]:
    """How many, the share, and its interval; nothing is known of none."""
    return f"{share.n:,}", percent(share.share), interval(share.low, share.high) if share.n else "–"


def export(terminal: Terminal, session: QuestionSession, folder: Path) -> None:
    """Write all questions with their pictures, the blindest pair first, in MMVP's layout."""
    asked = with_questions(session)
    _ = session.corpus
    write_mmvp(folder, (_exported(session, row) for _, row in asked.iterrows()))
    terminal.line(
        f"wrote     {folder}: {counted(len(asked), 'pair')}, {counted(len(PICTURES) * len(asked), 'picture')}"
    )


def _exported(session: QuestionSession, row: pd.Series) -> MmvpPair:
    pair = session.pairs[row["key"]]
    first, second = (session.picture(pair, which) for which in PICTURES)
    return MmvpPair(
        row["question"],
        (row[OPTIONS[0]], row[OPTIONS[1]]),
        (row["first_answer"], row["second_answer"]),
        (first, second),
        PATTERNS.get(row["pattern"], ""),
        (pair.first, pair.second),
        pair.target,
        pair.reference,
    )
