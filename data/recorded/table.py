"""A table of evaluations read into memory, as texts.

Shapes: ``N`` rows.
"""

from __future__ import annotations

import gzip
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from failscape.common.safe_open import regular, size
from failscape.common.uri import Uri
from failscape.common.visible import well_formed
from failscape.data.base import Skipped
from failscape.data.recorded.demo import NAME, OPTIONS, demo_table
from failscape.data.recorded.options import Chosen, choose, known_column
from failscape.data.tables.encoding import TABLE
from failscape.data.tables.open import open_table
from failscape.errors import UsageError


class RecordedTable(NamedTuple):
    """The columns that are used, every cell a text without blanks around it, ``""`` for nothing."""

    frame: pd.DataFrame  # the index says where each row stands in its file: ``000007``
    chosen: Chosen
    columns: list[str]  # all that the table has
    skipped: list[Skipped]
    notes: tuple[str, ...]


def read_table(uri: Uri, more: list[str], progress: Callable[[int], None] | None = None) -> RecordedTable:
    """The table at a path with options.

    Args:
        uri: path and options: ``answers.csv?failed=correct:0``; ``demo:`` is a table of our own.
        more: columns that are read beside those of the options.
        progress: called now and then with the number of rows read so far.

    Raises:
        UsageError: it cannot be read, or has no such column.
    """
    path = Path(uri.name)
    with plain_file(path) as plain:
        table = demo_table() if uri.name == NAME else open_table(plain, uri.options.get("encoding", ""))
        chosen = choose(path.name, table.columns, {**(OPTIONS if uri.name == NAME else {}), **uri.options})
        extra = [known_column(path.name, table.columns, name) for name in more]
        used = list(dict.fromkeys([*chosen.used, *extra]))
        places: list[str] = []
        cells: list[list[str]] = [[] for _ in used]
        skipped = []
        for place, row in table.lines(used):
            if isinstance(row, str):
                skipped.append(Skipped(well_formed(f"{path.stem}/{place}"), row))
                continue
            places.append(place)
            for column, name in zip(cells, used, strict=True):
                column.append(text_of(row.get(name)))
            if progress and len(places) % 4096 == 0:
                progress(len(places))
    frame = pd.DataFrame(dict(zip(used, cells, strict=True)), index=pd.Index(places, dtype=object), dtype=object)
    return RecordedTable(frame, chosen, list(table.columns), skipped, table.notes)


@contextmanager
def plain_file(path: Path) -> Iterator[Path]:
    """The file itself; of one that is compressed (``.gz``), its content in a temporary file.

    Raises:
        UsageError: it is not compressed in truth, or too large.
    """
    if path.suffix.lower() != ".gz" or not path.exists():
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / path.stem
        try:
            with gzip.open(regular(path, TABLE), "rb") as packed, plain.open("wb") as file:
                shutil.copyfileobj(_Limited(packed, TABLE, path), file, 1 << 20)
        except (gzip.BadGzipFile, EOFError) as error:
            raise UsageError(f"{path} cannot be unpacked: {error}; write or download it again") from None
        yield plain


class _Limited:
    """A file that refuses to give more than so many bytes: a few kilobytes may unpack to terabytes."""

    def __init__(self, file: Any, at_most: int, path: Path) -> None:
        self.file, self.left, self.path, self.at_most = file, at_most, path, at_most

    def read(self, n: int = -1, /) -> bytes:
        """The next bytes, at most ``n``."""
        found: bytes = self.file.read(n)
        self.left -= len(found)
        if self.left < 0:
            raise UsageError(f"{self.path} unpacks to more than {size(self.at_most)}; give a smaller table")
        return found


def text_of(cell: Any) -> str:
    """A cell as a text: numbers as they are written, ``true`` and ``false``, lists and objects as JSON."""
    if isinstance(cell, str):
        return well_formed(cell.strip())
    if cell is None or cell != cell:  # NaN
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, list | dict):
        return well_formed(json.dumps(cell, ensure_ascii=False, default=str))
    return str(cell)
