"""SQLite files to which rows are added and in which none is ever changed, shared by any number of processes."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from failscape.errors import UsageError

PATIENCE = 30.0  # [s] to wait for another process that writes


def only_grows(table: str, prefix: str = "") -> str:
    """Triggers that refuse to change, delete or replace rows of a table, as SQL; ``prefix`` tells them from others.

    An id that is taken is refused too: INSERT OR REPLACE would delete the old row without asking the triggers.
    """
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} only grow'); END;"
    return f"""
CREATE TRIGGER IF NOT EXISTS {prefix}no_update BEFORE UPDATE ON {table} {refuse}
CREATE TRIGGER IF NOT EXISTS {prefix}no_delete BEFORE DELETE ON {table} {refuse}
CREATE TRIGGER IF NOT EXISTS {prefix}no_replace BEFORE INSERT ON {table}
    WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) {refuse}
"""


def open_to_write(
    path: Path, schema: str, complete: Callable[[sqlite3.Connection], object] | None = None
) -> sqlite3.Connection:
    """The file, made where it does not exist; what is committed is on disk (``synchronous = FULL``).

    Args:
        path: of the file.
        schema: tables with the triggers of :func:`only_grows`.
        complete: adds what a file of an earlier version lacks.
    """
    database = sqlite3.connect(path, timeout=PATIENCE)
    try:
        _to_write_ahead(database)
        database.execute("PRAGMA synchronous = FULL")
        made = database.execute("SELECT COUNT(*) FROM sqlite_master WHERE type = 'trigger'").fetchone()[0]
        if made < schema.count("CREATE TRIGGER"):
            database.executescript(f"BEGIN IMMEDIATE; {schema} COMMIT;")
        if complete is not None:
            complete(database)
    except BaseException:
        database.close()
        raise
    return database


def open_to_read(path: Path, table: str) -> sqlite3.Connection:
    """The file as it is, which holds ``table``.

    Where nobody may write, SQLite cannot make the index of a log; then there is no writer, and it needs none.
    """
    address = path.resolve().as_uri()
    database = sqlite3.connect(f"{address}?mode=ro", uri=True, timeout=PATIENCE)
    try:
        database.execute(f"SELECT 1 FROM {table} LIMIT 1")
    except sqlite3.OperationalError:
        database.close()
        database = sqlite3.connect(f"{address}?immutable=1", uri=True)
        database.execute(f"SELECT 1 FROM {table} LIMIT 1")
    return database


def _to_write_ahead(database: sqlite3.Connection) -> None:
    """Several processes may open a new file at once, and for this change SQLite does not wait by itself."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)


@contextmanager
def clear_errors(verb: str, path: Path) -> Iterator[None]:
    """SQLite's refusals (disk full, read-only, locked) as one ``UsageError`` that names the file."""
    try:
        yield
    except (sqlite3.DatabaseError, pd.errors.DatabaseError) as error:
        safe = "; what was committed before is safe" if verb == "write" else ""
        raise UsageError(f"cannot {verb} {path}: {error}{safe}") from error
