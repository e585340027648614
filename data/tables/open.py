"""Opens a table of texts by the suffix of its file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from failscape.common.safe_open import regular
from failscape.data.base import Unreadable
from failscape.data.tables.csv import open_csv, open_tsv
from failscape.data.tables.encoding import TABLE, not_utf_8, text_encoding
from failscape.data.tables.json import open_json, open_json_lines
from failscape.data.tables.parquet import open_parquet
from failscape.data.tables.table import Table
from failscape.errors import UsageError, closest

_OPENERS: dict[str, Callable[[Path, str], Table]] = {
    ".csv": open_csv,
    ".tsv": open_tsv,
    ".jsonl": open_json_lines,
    ".ndjson": open_json_lines,
    ".json": open_json,
}
SUFFIXES = (*_OPENERS, ".parquet")


def open_table(path: Path, encoding: str = "") -> Table:
    """The table in a file.

    Args:
        path: of the file.
        encoding: of a file of text; found out where omitted.

    Raises:
        UsageError: there is no such file, it is of another kind, cannot be read, or holds no row.
    """
    if not path.exists():
        raise UsageError(_missing(path))
    regular(path, TABLE)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(
            f"{path} is no table by its suffix; give one of {', '.join(SUFFIXES)}, or a folder of .txt files"
        )
    if suffix == ".parquet":
        if encoding:
            raise UsageError(f"{path}: a Parquet file says itself how its texts are written; leave ?encoding= out")
        return open_parquet(path)
    try:
        found = text_encoding(path, TABLE, encoding)
    except Unreadable as reason:
        known = {"empty": "is empty", "not text": f"is not text, though its suffix is {path.suffix}"}
        what = known.get(str(reason), f"cannot be read: {reason}")
        raise UsageError(f"{path} {what}; give a table with a text per row") from None
    table, told = _OPENERS[suffix](path, found), not_utf_8(found, encoding)
    return table._replace(notes=(f"{path} is {told}",)) if told else table


def _missing(path: Path) -> str:
    beside = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
    guess = closest(path.name, beside) or f"; give a file ({', '.join(SUFFIXES)}), a folder of .txt files, or hf:NAME"
    return f"there is no file or folder {path}{guess}"
