"""Tables of texts in JSON files: a list of objects, or an object per line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from failscape.common.format import first_sentence
from failscape.data.tables.encoding import open_text
from failscape.data.tables.table import Line, Table
from failscape.errors import UsageError

_PEEK = 100  # objects whose keys are the columns


def open_json_lines(path: Path, encoding: str) -> Table:
    """A table with an object per line, placed by its line. A line that is none is skipped.

    Raises:
        UsageError: no line is an object.
    """

    def lines(used: Sequence[str] = ()) -> Iterator[Line]:
        with open_text(path, encoding) as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield f"{number:06d}", _object(line)

    columns = _keys(islice((cells for _, cells in lines() if not isinstance(cells, str)), _PEEK))
    if not columns:
        number, reason = next(lines())
        raise UsageError(
            f"{path} has no line with an object (line {int(number)}: {reason or 'no keys'}); "
            "write one JSON object per line"
        )
    return Table(columns, lines)


def open_json(path: Path, encoding: str) -> Table:
    """A table in a list of objects, which is held in memory; or JSON lines, which often have this suffix, too.

    Raises:
        UsageError: it is neither, or holds no object.
    """
    with open_text(path, encoding) as file:
        if not next(line for line in file if line.strip()).lstrip().startswith("["):
            return open_json_lines(path, encoding)
        file.seek(0)
        try:
            rows = json.load(file)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{path} is not valid JSON: {first_sentence(error)}; write it again") from None
    columns = _keys(row for row in rows if isinstance(row, dict))
    if not columns:
        raise UsageError(f"{path} holds {'no objects' if rows else 'an empty list'}; give a list of objects")

    def lines(used: Sequence[str]) -> Iterator[Line]:
        for number, row in enumerate(rows, start=1):
            yield f"{number:06d}", row if isinstance(row, dict) else "not a JSON object"

    return Table(columns, lines)


def _object(line: str) -> Mapping[str, Any] | str:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return "not valid JSON"
    return found if isinstance(found, dict) else "not a JSON object"


def _keys(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(key for row in rows for key in row))
