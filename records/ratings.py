"""The ratings store: what people said of failures, in SQLite, appended and never changed."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from failscape.common.safe_open import regular
from failscape.errors import UsageError
from failscape.records.growing import clear_errors, only_grows, open_to_read, open_to_write

FILE = "ratings.sqlite"  # in the run folder
SCALE = (1, 10)
COLUMNS = ("rater", "time", "case", "mode", "probes", "undesirability", "quality", "abstain", "note", "still_right")
STILL_RIGHT = "still_right INTEGER CHECK (still_right IN (0, 1))"  # a column that files of earlier versions lack
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS ratings (
    id INTEGER PRIMARY KEY AUTOINCREMENT, rater TEXT NOT NULL, time REAL NOT NULL, "case" TEXT NOT NULL,
    shown TEXT NOT NULL, undesirability REAL, quality REAL, abstain INTEGER NOT NULL, note TEXT NOT NULL, {STILL_RIGHT},
    CHECK (abstain = (undesirability IS NULL)),
    CHECK (undesirability BETWEEN 1 AND 10), CHECK (quality BETWEEN 1 AND 10));
{only_grows("ratings")}"""


class Rating(NamedTuple):
    """What one rater said of one case, or that they would rather not say."""

    rater: str
    case: str  # key of the case
    mode: str  # name of the failure mode that was shown
    probes: tuple[int, ...]  # numbers of the probes that were shown
    undesirability: float | None  # 1 (harmless) to 10 (must not happen); None abstains
    quality: float | None = None  # 1 to 10: whether the pictures could occur; None where not said
    note: str = ""
    time: float | None = None  # seconds since the epoch; when it is stored, where omitted
    still_right: bool | None = None  # whether the right answer still is, of all that was shown; None: not said


def checked(rating: Rating) -> Rating:
    """The same rating, or an error that says what of it cannot be stored."""
    if not rating.rater.strip() or not rating.case.strip():
        raise UsageError(f"a rating needs {'a rater' if not rating.rater.strip() else 'a case'}; name one")
    low, high = SCALE
    for name in ("undesirability", "quality"):
        value = getattr(rating, name)
        if value is not None and not low <= value <= high:
            raise UsageError(f"{name} {value:g} is not on the scale; give a number from {low} to {high}")
    return rating


class RatingStore:
    """Ratings of one run, by any number of raters and processes at once.

    A rating is on disk (``synchronous = FULL``) when :meth:`append` returns. Rows are never changed: of several ratings
    that one rater gives one case, the last counts and all stay.

    Args:
        path: the SQLite file, made where it does not exist.
        read_only: refuse to make or change it.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        if read_only and not path.exists():
            raise UsageError(
                f"{path} does not exist: nothing was rated yet; rate with `failscape feedback {path.parent}`"
            )
        if path.exists():
            regular(path)
        self.path = path
        with clear_errors("open", path):
            self._db = open_to_read(path, "ratings") if read_only else open_to_write(path, SCHEMA, _complete)

    def append(self, ratings: Iterable[Rating]) -> list[int]:
        """Commit ratings, all or none; returns their numbers.

        Raises:
            UsageError: one of them is not on the scale, or the disk refuses.
        """
        rows = [_row(checked(rating)) for rating in ratings]
        marks = ", ".join("?" * 9)
        names = 'rater, time, "case", shown, undesirability, quality, abstain, note, still_right'
        with clear_errors("write", self.path), self._db:
            self._db.execute("BEGIN IMMEDIATE")  # waits for its turn; a later upgrade of a read lock would not
            done = [self._db.execute(f"INSERT INTO ratings ({names}) VALUES ({marks})", row).lastrowid for row in rows]
        return [number for number in done if number is not None]

    def __len__(self) -> int:
        return int(self._db.execute("SELECT COUNT(*) FROM ratings").fetchone()[0])

    def frame(self) -> pd.DataFrame:
        """Every rating, in the order of their numbers: columns ``COLUMNS``, indexed by number; NaN where not said.

        ``still_right`` is 1 or 0.
        """
        query = "SELECT id, * FROM ratings ORDER BY id"
        with clear_errors("read", self.path):
            raw = pd.read_sql_query(query, self._db)
        raw = raw.loc[:, ~raw.columns.duplicated()].set_index("id")
        shown = [json.loads(text) for text in raw["shown"]]
        raw["mode"] = pd.Series([entry["mode"] for entry in shown], raw.index, object)
        raw["probes"] = pd.Series([tuple(entry["probes"]) for entry in shown], raw.index, object)
        if "still_right" not in raw:
            raw["still_right"] = float("nan")
        kinds = {"abstain": bool, "undesirability": float, "quality": float, "still_right": float}
        return raw[list(COLUMNS)].astype(kinds)

    def latest(self) -> pd.DataFrame:
        """What counts: the last rating of each rater and case, as :meth:`frame` has them."""
        frame = self.frame()
        return frame.sort_values("time", kind="stable").drop_duplicates(["rater", "case"], keep="last").sort_index()

    def close(self) -> None:
        """Let go of the file; the last one to leave folds the log into it."""
        self._db.close()

    def __enter__(self) -> RatingStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _row(rating: Rating) -> tuple[str | float | bool | None, ...]:
    shown = json.dumps({"mode": rating.mode, "probes": list(rating.probes)})
    when = time.time() if rating.time is None else rating.time
    abstains = rating.undesirability is None
    said = (rating.undesirability, rating.quality, abstains)
    return (rating.rater.strip(), when, rating.case, shown, *said, rating.note, rating.still_right)


def _complete(database: sqlite3.Connection) -> None:
    """Add the column that a file of an earlier version lacks; of several processes that open it at once, one does."""
    if _lacks_column(database):
        with database:
            database.execute("BEGIN IMMEDIATE")
            if _lacks_column(database):
                database.execute(f"ALTER TABLE ratings ADD COLUMN {STILL_RIGHT}")


def _lacks_column(database: sqlite3.Connection) -> bool:
    return "still_right" not in {row[1] for row in database.execute("PRAGMA table_info(ratings)")}
