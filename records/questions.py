"""Questions about pairs of pictures, and how people answered them: in SQLite, appended and never changed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from failscape.common.safe_open import regular
from failscape.common.visual_patterns import PATTERNS
from failscape.errors import UsageError, did_you_mean
from failscape.records.growing import clear_errors, only_grows, open_to_read, open_to_write

FILE = "questions.sqlite"  # in the folder beside the table of pairs
PICTURES = ("first", "second")  # of a pair
OPTIONS = ("a", "b")  # of a question
LETTERS = {"author": 80, "question": 500, "a": 200, "b": 200}  # at most
ASKED = "author, first, second, question, a, b, first_answer, second_answer, pattern, difference"
ANSWERED = "answerer, question, picture, answer"
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS questions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, time REAL NOT NULL, author TEXT NOT NULL, first TEXT NOT NULL,
    second TEXT NOT NULL, question TEXT NOT NULL, a TEXT NOT NULL, b TEXT NOT NULL, first_answer TEXT NOT NULL,
    second_answer TEXT NOT NULL, pattern TEXT NOT NULL, difference INTEGER NOT NULL CHECK (difference IN (0, 1)),
    CHECK (NOT difference OR (first_answer || second_answer) IN ('ab', 'ba')));
CREATE TABLE IF NOT EXISTS answers (
    id INTEGER PRIMARY KEY AUTOINCREMENT, time REAL NOT NULL, answerer TEXT NOT NULL,
    question INTEGER NOT NULL REFERENCES questions (id), picture TEXT NOT NULL CHECK (picture IN ('first', 'second')),
    answer TEXT NOT NULL CHECK (answer IN ('a', 'b')));
{only_grows("questions", "question_")}{only_grows("answers", "answer_")}"""


class Question(NamedTuple):
    """What one author asks about a pair, or that a person sees no difference between its pictures."""

    author: str
    first: str  # name of the picture
    second: str
    question: str = ""
    a: str = ""  # the options
    b: str = ""
    first_answer: str = ""  # the option that is correct for the first picture, "a" or "b"
    second_answer: str = ""
    pattern: str = ""  # one of PATTERNS; empty where none was chosen
    difference: bool = True  # whether a person sees one; there is no question where not


class Answer(NamedTuple):
    """What one person answered of one picture."""

    answerer: str
    question: int  # its number
    picture: str  # "first" or "second"
    answer: str  # "a" or "b"


def checked(asked: Question) -> Question:
    """The same question with single spaces, or an error that says what of it cannot be stored."""
    spaced: dict[str, Any] = {name: " ".join(getattr(asked, name).split()) for name in LETTERS}
    asked = asked._replace(**spaced)
    for name, most in LETTERS.items():
        if len(getattr(asked, name)) > most:
            called = f"option ({name})" if name in OPTIONS else f"the {name}"
            raise UsageError(f"{called} has {len(getattr(asked, name)):,} letters; write {most} at most")
    if not asked.author:
        raise UsageError("a question needs an author; name one")
    if not asked.difference:
        return Question(asked.author, asked.first, asked.second, difference=False)
    _check_words(asked)
    _check_answers(asked)
    if asked.pattern and asked.pattern not in PATTERNS:
        raise UsageError(f"there is no visual pattern {asked.pattern!r}{did_you_mean(asked.pattern, PATTERNS)}")
    return asked


def _check_words(asked: Question) -> None:
    if not asked.question:
        raise UsageError("there is no question; write one, or say that a person sees no difference")
    for name in OPTIONS:
        option = getattr(asked, name)
        if not option:
            raise UsageError(f"option ({name}) is empty; write what one could answer")
        if "(a)" in option or "(b)" in option:  # what readers of MMVP's files tell the options apart by
            raise UsageError(f"option ({name}) contains (a) or (b), which mark the options; leave them out")
    if asked.a.casefold() == asked.b.casefold():
        raise UsageError(f"both options are {asked.a!r}; write two that differ")


def _check_answers(asked: Question) -> None:
    for picture in PICTURES:
        answer = getattr(asked, f"{picture}_answer")
        if answer not in OPTIONS:
            wrong = f"{answer!r} is no option" if answer else "no option is marked as correct"
            raise UsageError(f"{wrong} for the {picture} picture; choose a or b")
    if asked.first_answer == asked.second_answer:
        raise UsageError(
            f"option ({asked.first_answer}) is marked as correct for both pictures; ask for something in which they "
            "differ, so that (a) is correct for one of them and (b) for the other"
        )


class QuestionStore:
    """Questions about the pairs of one table, and answers, by any number of people and processes at once.

    What is written is on disk when a method returns. Rows are never changed: of several questions about a pair the last
    one counts, and of several answers of one person to a question about one picture, and all stay.

    Args:
        path: the SQLite file, made where it does not exist.
        read_only: refuse to make or change it.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        if read_only and not path.exists():
            table = path.parent.with_suffix(".parquet")
            raise UsageError(f"no question was written yet; write some with `failscape questions {table}`")
        if path.exists():
            regular(path)
        self.path = path
        with clear_errors("open", path):
            self._db = open_to_read(path, "questions") if read_only else open_to_write(path, SCHEMA)

    def ask(self, questions: Sequence[Question], seen: int | None = None) -> list[int]:
        """Commit questions, all or none; returns their numbers.

        Args:
            questions: by whom, and about which pairs.
            seen: number of the last question about these pairs that their author has seen, 0 for none: a later one
                is not replaced; any is where omitted.

        Raises:
            UsageError: one of them cannot be asked, there is a later one, or the disk refuses.
        """
        rows = [checked(question) for question in questions]
        with clear_errors("write", self.path), self._db:
            self._db.execute("BEGIN IMMEDIATE")  # waits for its turn; a later upgrade of a read lock would not
            if seen is not None:
                self._refuse_later(rows, seen)
            done = [self._insert("questions", ASKED, row) for row in rows]
        return done

    def answer(self, answer: Answer) -> int:
        """Commit an answer; returns its number.

        Raises:
            UsageError: it is no option, nobody answers, or the disk refuses.
        """
        answerer = " ".join(answer.answerer.split())
        if not answerer or answer.picture not in PICTURES:
            raise UsageError("an answer needs a name and a picture; name both")
        if answer.answer not in OPTIONS:
            raise UsageError("choose one of the two options")
        with clear_errors("write", self.path), self._db:
            return self._insert("answers", ANSWERED, answer._replace(answerer=answerer))

    def questions(self) -> pd.DataFrame:
        """All that was written, in the order of their numbers: fields of :class:`Question` and ``time``, by number."""
        frame = self._frame("questions")
        return frame.astype({"difference": bool})

    def counting(self) -> pd.DataFrame:
        """What counts: the last of each pair."""
        return self.questions().drop_duplicates(["first", "second"], keep="last")

    def answers(self) -> pd.DataFrame:
        """The last answer of each person to each question about each picture: fields of :class:`Answer`, ``time``."""
        return self._frame("answers").drop_duplicates(["answerer", "question", "picture"], keep="last")

    def close(self) -> None:
        """Let go of the file; the last one to leave folds the log into it."""
        self._db.close()

    def _refuse_later(self, rows: Sequence[Question], seen: int) -> None:
        for row in rows:
            query = "SELECT id, author FROM questions WHERE first = ? AND second = ? AND id > ? ORDER BY id DESC"
            later = self._db.execute(query, (row.first, row.second, seen)).fetchone()
            if later is not None:
                raise UsageError(f"{later[1]} has written about this pair meanwhile; open it again to see what")

    def _insert(self, table: str, columns: str, row: tuple[object, ...]) -> int:
        marks = ", ".join("?" * (len(row) + 1))
        done = self._db.execute(f"INSERT INTO {table} (time, {columns}) VALUES ({marks})", (time.time(), *row))
        return int(done.lastrowid or 0)

    def _frame(self, table: str) -> pd.DataFrame:
        with clear_errors("read", self.path):
            return pd.read_sql_query(f"SELECT * FROM {table} ORDER BY id", self._db).set_index("id")

    def __enter__(self) -> QuestionStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
