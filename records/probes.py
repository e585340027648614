"""The probe store: every evaluation of a run, in SQLite, durable as it is made.

Shapes: ``B`` probes of one step.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from failscape.common.regular import regular
from failscape.errors import UsageError

# One row per probe. (step, slot) says when and in which environment; point is the row of the grid, -1 unedited.
COLUMNS = {
    "step": "INTEGER",
    "slot": "INTEGER",
    "item": "INTEGER",
    "point": "INTEGER",
    "levels": "TEXT",  # level index per concept, comma-separated: what `point` unravels to
    # What was done to the item, in each concept's unit (on a grid of edits: which one, and the rank of its strength); a
    # dash where a concept is not applied.
    "strengths": "TEXT",
    "moves": "INTEGER",  # steps of the episode up to this one
    "path": "TEXT",  # actions of the episode, where the point does not determine the edits; else a dash
    "propensity": "REAL",  # probability with which the explorer chose this point for this item; NULL if it did not say
    "failed": "INTEGER",
    "severity": "REAL",
    "reward": "REAL",
    "predicted": "INTEGER",
    "confidence": "REAL",
    "truth": "REAL",
    "said": "TEXT",  # what the target wrote, if it writes
    "cut": "INTEGER",  # 1 where the edited item was too long, and the target read its beginning only
    "cached": "INTEGER",  # 1 where the outcome was remembered, and the target not asked
    "seed": "INTEGER",
    "time": "REAL",  # seconds since the epoch
}
ITEM_COLUMNS = {
    "item": "INTEGER PRIMARY KEY",
    "name": "TEXT",
    "reference": "INTEGER",
    "held_out": "INTEGER",
    "predicted": "INTEGER",
    "failed": "INTEGER",  # unedited; NULL where there is no unedited item
    "truth": "REAL",
    "said": "TEXT",
    "cluster": "INTEGER",  # items of one are alike; NULL where each stands for itself
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
            made = self._db.execute("SELECT COUNT(*) FROM sqlite_master WHERE name IN ('probes', 'items')").fetchone()[
                0
            ]
        if not read_only:
            self._make_tables()
        elif made < 2:
            raise UsageError(f"{path} holds no probes yet")
        with _clear_errors("read", path):
            own = {row[1] for row in self._db.execute("PRAGMA table_info(probes)")}
        if own != set(COLUMNS):
            raise UsageError(f"{path} was written by another version of failscape; explore again")

    def _make_tables(self) -> None:
        with _clear_errors("write", self.path), self._db:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
            self._db.execute(f"CREATE TABLE IF NOT EXISTS probes ({columns}, PRIMARY KEY (step, slot)) WITHOUT ROWID")
            columns = ", ".join(f"{name} {kind}" for name, kind in ITEM_COLUMNS.items())
            self._db.execute(f"CREATE TABLE IF NOT EXISTS items ({columns})")

    def append(self, rows: Mapping[str, Sequence[Any] | np.ndarray]) -> None:
        """Commit one step: a column of ``B`` values for each name in ``COLUMNS``."""
        self._insert("probes", COLUMNS, rows)

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
        names = ", ".join(f"probes.{name}" for name in COLUMNS)
        query = (
            f"SELECT {names}, items.name AS name, items.reference AS reference, items.held_out AS held_out "
            "FROM probes LEFT JOIN items ON probes.item = items.item ORDER BY probes.step, probes.slot"
        )
        frame = pd.read_sql_query(query, self._db)
        flags = {"failed": bool, "cut": bool, "cached": bool}
        return frame.astype({**flags, "propensity": float})

    def items(self) -> pd.DataFrame:
        """One row per item, indexed by item."""
        frame = pd.read_sql_query("SELECT * FROM items ORDER BY item", self._db, index_col="item")
        return frame.astype({"held_out": bool, "failed": bool if frame["failed"].notna().all() else float})

    def steps(self) -> Iterator[pd.DataFrame]:
        """The probes of each committed step, in order."""
        for _, rows in self.frame().groupby("step", sort=True):
            yield rows

    def export(self, path: Path) -> None:
        """Write :meth:`frame` as Parquet, or CSV where ``path`` ends in ``.csv``."""
        frame = self.frame()
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
