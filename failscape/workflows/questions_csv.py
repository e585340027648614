"""Questions about pairs from a CSV file, for people who do not want a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from failscape.common.visual_patterns import PATTERNS
from failscape.errors import UsageError
from failscape.records.csv_rows import csv_rows, fields
from failscape.records.questions import Question, QuestionStore, checked
from failscape.workflows.questions import AskedPair, QuestionSession

COLUMNS = ("first", "second", "question", "a", "b", "first_answer", "second_answer", "pattern", "author")
NO_DIFFERENCE = "no difference"  # in place of a pattern
TOLD = 20  # bad lines that a message names
_BY_NAME = {**{name: name for name in PATTERNS}, **{full: name for name, full in PATTERNS.items()}}


def questions_in(path: Path, session: QuestionSession) -> list[Question]:
    """The questions of a file with the columns ``COLUMNS``.

    ``first`` and ``second`` are names of pictures or their places in the table, in either order; answers are ``a`` or
    ``b``, with or without brackets; the pattern is empty, one of MMVP's by its short or its full name, or
    ``NO_DIFFERENCE``, where there is no question.

    Raises:
        UsageError: the file cannot be read, or lines of it are bad: each is named with the mend.
    """
    found: list[Question] = []
    wrong: list[str] = []
    lines: dict[tuple[str, str], int] = {}
    for number, row in csv_rows(path, COLUMNS, COLUMNS):
        try:
            question = _question(fields(row), session)
            before = lines.setdefault((question.first, question.second), number)
            if before != number:
                raise UsageError(f"line {before} is about the same pair; keep one of the two")
            found.append(question)
        except UsageError as error:
            wrong.append(f"{path}:{number}: {error}")
    if wrong:
        raise UsageError(_told(wrong))
    if not found:
        raise UsageError(f"{path} has a heading and no lines; write a line for each question")
    return found


def import_questions(session: QuestionSession, store: QuestionStore, questions: list[Question]) -> str:
    """Store the questions that do not count already, all or none; returns what became of them."""
    counting = {(row.first, row.second): row for row in session.counting(store).itertuples(index=False)}
    new, changed = [], []
    for question in map(checked, questions):
        now = counting.get((question.first, question.second))
        if now is None:
            new.append(question)
        elif any(getattr(now, name) != value for name, value in question._asdict().items()):
            changed.append(question)
    store.ask([*new, *changed])
    n_known = len(questions) - len(new) - len(changed)
    return f"{len(new)} new, {len(changed)} changed, {n_known} known already"


def _told(wrong: Sequence[str]) -> str:
    if len(wrong) == 1:
        return f"{wrong[0]}. Mend that line; nothing was stored"
    more = [f"and {len(wrong) - TOLD:,} more"] if len(wrong) > TOLD else []
    return "\n".join([f"{len(wrong):,} lines are to be mended; nothing was stored:", *wrong[:TOLD], *more])


def _question(said: Mapping[str, str], session: QuestionSession) -> Question:
    said = {name: text.strip() for name, text in said.items()}
    ends = [session.named(said[end]) for end in ("first", "second")]
    pair, turned = _pair(session, *ends)
    answers = [said[name].lower().strip("()") for name in ("first_answer", "second_answer")]
    first, second = answers[::-1] if turned else answers
    asked = Question(said["author"], pair.first, pair.second, said["question"], said["a"], said["b"], first, second)
    pattern = said["pattern"].lower()
    if pattern == NO_DIFFERENCE:
        if any((asked.question, asked.a, asked.b, first, second)):
            raise UsageError(f"where the pattern is {NO_DIFFERENCE!r}, question, options and answers are left empty")
        return checked(asked._replace(difference=False))
    return checked(asked._replace(pattern=_BY_NAME.get(pattern, pattern)))


def _pair(session: QuestionSession, first: str, second: str) -> tuple[AskedPair, bool]:
    """The pair of two pictures, and whether the table has them the other way round."""
    for turned, ends in enumerate(((first, second), (second, first))):
        pair = session.pair_of(*ends)
        if pair is not None:
            return pair, bool(turned)
    if session.repeats(first, second):
        raise UsageError(
            f"{first} and {second} repeat another pair, with near-duplicates of its pictures; ask about one that is "
            "not marked as repeats"
        )
    raise UsageError(f"{first} and {second} are no pair of {session.path}; take the names of one of its rows")
