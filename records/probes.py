"""The probe store: every evaluation of a run, in SQLite, durable as it is made.

Shapes: ``B`` probes of one step.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from failscape.common.safe_open import regular
from failscape.errors import UsageError
from failscape.records.artifacts import ArtifactStore
from failscape.records.migrations import columns_of, up_to_date

# One row per probe. (step, slot) says when and in which environment; point is the row of the grid, -1 unedited.
COLUMNS = {
    "step": "INTEGER",
    "slot": "INTEGER",
    "item": "INTEGER",
    "point": "INTEGER",
    "levels": "TEXT",  # JSON: level index per concept, what `point` unravels to; -1 where a concept is not applied
    # JSON: what was done to the item, in each concept's unit (on a grid of edits: which one, and the rank of its
    # strength); null where a concept is not applied.
    "strengths": "TEXT",
    "moves": "INTEGER",  # steps of the episode up to this one
    "path": "TEXT",  # JSON: actions of the episode, where the point does not determine the edits; else empty
    "propensity": "REAL",  # probability with which the explorer chose this point for this item; NULL if it did not say
    "failed": "INTEGER",
    "severity": "REAL",  # NULL where there is no verdict
    "reward": "REAL",
    "predicted": "INTEGER",
    "confidence": "REAL",
    "score": "REAL",
    "output_text": "TEXT",  # what the target wrote, or where what it drew is kept
    "input_truncated": "INTEGER",  # 1 where the edited item was too long, and the target read its beginning only
    "cached": "INTEGER",  # 1 where the outcome was remembered, and the target not asked
    "seed": "INTEGER",
    "time": "REAL",  # seconds since the epoch
    "extra": "TEXT",  # JSON: what a family keeps beside these, by name
}
ARTIFACTS = "artifacts"  # the folder of what is no text
LISTS = ("levels", "strengths", "path")  # columns of JSON arrays; a frame has tuples
VERSION = 2  # of the two tables; earlier ones are brought up to date as they are read
ITEM_COLUMNS = {
    "item": "INTEGER PRIMARY KEY",
    "name": "TEXT",
    "group": "INTEGER",
    "held_out": "INTEGER",
    "predicted": "INTEGER",
    "failed": "INTEGER",  # unedited; NULL where there is no unedited item
    "score": "REAL",
    "output_text": "TEXT",
    "cluster": "INTEGER",  # items of one are alike; of copies, the first; NULL where each stands for itself
    "unit": "INTEGER",  # items of one are judged together; NULL likewise
    "home": "INTEGER",  # the point at which the item lies; NULL where it can be edited to any
}


class ProbeStore:
    """Probes and items of one run.

    Each step is one transaction of a write-ahead log: a process killed at any moment leaves whole steps behind.

    Args:
        path: the SQLite file, made where it does not exist.
        read_only: refuse to make or change it.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        if read_only and not path.exists():
            raise UsageError(f"{path} does not exist")
        if path.exists():
            regular(path)
        self.path, self.read_only = path, read_only
        mode = "ro" if read_only else "rwc"
        with _clear_errors("open", path):
            self._db = sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True)
            query = "SELECT COUNT(*) FROM sqlite_master WHERE name IN ('probes', 'items')"
            made = int(self._db.execute(query).fetchone()[0])
        if made < 2 and read_only:
            raise UsageError(f"{path} holds no probes yet")
        if made < 2:
            self._make_tables()
        self.version = self._version()
        if self.version != VERSION and not read_only:
            raise UsageError(f"{path} was written by an earlier version of failscape: it can be read, not written to")

    @cached_property
    def artifacts(self) -> ArtifactStore:
        """What targets put out that is no text, in a folder beside the file."""
        return ArtifactStore(self.path.with_name(ARTIFACTS))

    def _version(self) -> int:
        """Version of the tables.

        Raises:
            UsageError: it is one that this version cannot read.
        """
        with _clear_errors("read", self.path):
            stored = int(self._db.execute("PRAGMA user_version").fetchone()[0])
            own = {
                table: {row[1] for row in self._db.execute(f"PRAGMA table_info({table})")}
                for table in ("probes", "items")
            }
        version = stored or 1  # the first version did not say
        if own != columns_of(version):
            raise UsageError(f"{self.path} was written by another version of failscape; explore again")
        return version

    def _make_tables(self) -> None:
        with _clear_errors("write", self.path), self._db:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            columns = ", ".join(f'"{name}" {kind}' for name, kind in COLUMNS.items())
            self._db.execute(f"CREATE TABLE IF NOT EXISTS probes ({columns}, PRIMARY KEY (step, slot)) WITHOUT ROWID")
            columns = ", ".join(f'"{name}" {kind}' for name, kind in ITEM_COLUMNS.items())
            self._db.execute(f"CREATE TABLE IF NOT EXISTS items ({columns})")
            self._db.execute(f"PRAGMA user_version = {VERSION}")

    def append(self, rows: Mapping[str, Sequence[Any] | np.ndarray]) -> None:
        """Commit one step: a column of ``B`` values for each name in ``COLUMNS``.

        Those of ``LISTS`` hold a sequence of numbers each, ``extra`` a mapping; NaN stands for nothing.
        """
        texts = {name: [_json(value) for value in rows[name]] for name in (*LISTS, "extra")}
        self._insert("probes", COLUMNS, {**rows, **texts})

    def set_items(self, rows: Mapping[str, Sequence[Any] | np.ndarray]) -> None:
        """Write what is known of each item: a column of ``N`` values for each name in ``ITEM_COLUMNS``."""
        self._insert("items", ITEM_COLUMNS, rows)

    def _insert(self, table: str, columns: Mapping[str, str], rows: Mapping[str, Any]) -> None:
        values = zip(*(_plain(rows[name]) for name in columns), strict=True)
        marks = ", ".join("?" * len(columns))
        with _clear_errors("write", self.path), self._db:
            self._db.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", values)

    def __len__(self) -> int:
        return int(self._db.execute("SELECT COUNT(*) FROM probes").fetchone()[0])

    def n_items(self) -> int:
        """Items that the target was shown."""
        return int(self._db.execute("SELECT COUNT(*) FROM items").fetchone()[0])

    @property
    def n_steps(self) -> int:
        """Steps committed."""
        return int(self._db.execute("SELECT COALESCE(MAX(step) + 1, 0) FROM probes").fetchone()[0])

    def frame(self) -> pd.DataFrame:
        """All probes, in the order in which they were made, with the name and reference of their items."""
        probes = pd.read_sql_query("SELECT * FROM probes ORDER BY step, slot", self._db)
        items = pd.read_sql_query("SELECT * FROM items ORDER BY item", self._db)
        probes, items = up_to_date(probes, items, self.version)
        beside = items.set_index("item")[["name", "group", "held_out"]]
        frame = probes[list(COLUMNS)].join(beside, on="item")
        for name in LISTS:
            known = {text: tuple(json.loads(text)) for text in frame[name].unique()}  # many are alike
            frame[name] = pd.Series([known[text] for text in frame[name]], frame.index, dtype=object)
        frame["extra"] = pd.Series([_mapping(text) for text in frame["extra"]], frame.index, dtype=object)
        flags = {"failed": bool, "input_truncated": bool, "cached": bool}
        return frame.astype({**flags, "propensity": float})

    def items(self) -> pd.DataFrame:
        """One row per item, indexed by item."""
        frame = pd.read_sql_query("SELECT * FROM items ORDER BY item", self._db)
        _, frame = up_to_date(None, frame, self.version)
        unedited = bool if frame["failed"].notna().all() else float
        return frame.set_index("item").astype({"held_out": bool, "failed": unedited})

    def steps(self) -> Iterator[pd.DataFrame]:
        """The probes of each committed step, in order."""
        for _, rows in self.frame().groupby("step", sort=True):
            yield rows

    def export(self, path: Path) -> None:
        """Write :meth:`frame` as Parquet, or CSV where ``path`` ends in ``.csv``; lists and ``extra`` as JSON."""
        frame = self.frame()
        for name in (*LISTS, "extra"):
            frame[name] = [_json(value) for value in frame[name]]
        if path.suffix == ".csv":
            frame.to_csv(path, index=False)
        else:
            frame.to_parquet(path, index=False)

    def close(self) -> None:
        """Fold the log into the file and let go of it.

        A writer leaves write-ahead mode, so that no side files stay behind and the file can be read from anywhere;
        where a reader is still there, the last one to leave folds the log.
        """
        if not self.read_only:
            with contextlib.suppress(sqlite3.OperationalError):
                self._db.execute("PRAGMA journal_mode = DELETE")
        self._db.close()


def _json(value: Any) -> str:
    """A sequence of numbers or a mapping as JSON; NaN becomes null."""
    if isinstance(value, Mapping):
        return json.dumps(dict(value), allow_nan=False) if value else "{}"
    return json.dumps([None if number is None or number != number else number for number in value])


def _mapping(text: str) -> dict[str, Any]:
    """A mapping from JSON; most are empty, and need no parser."""
    found: dict[str, Any] = {} if text == "{}" else json.loads(text)
    return found


def _plain(column: Sequence[Any] | np.ndarray) -> list[Any]:
    """Values that SQLite knows; NaN becomes NULL by itself."""
    return column.tolist() if isinstance(column, np.ndarray) else list(column)


class _clear_errors:
    """Turns SQLite's refusals (disk full, read-only, locked) into one line that names the file."""

    def __init__(self, verb: str, path: Path) -> None:
        self.verb, self.path = verb, path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, traceback: Any) -> None:
        if isinstance(error, sqlite3.DatabaseError):
            safe = "; what was committed before is safe" if self.verb == "write" else ""
            raise UsageError(f"cannot {self.verb} {self.path}: {error}{safe}") from error
