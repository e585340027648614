"""CSV files that people write or edit: named columns, read strictly, with the numbers of their lines."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from failscape.common.safe_open import SMALL, regular
from failscape.errors import UsageError

Row = Mapping[str | None, str | None]


def csv_rows(path: Path, needed: Collection[str], columns: Collection[str]) -> Iterator[tuple[int, Row]]:
    """Lines of a file by number, which :func:`fields` checks.

    Args:
        path: of the file, in UTF-8 with commas.
        needed: columns that it must have.
        columns: that it may have.

    Raises:
        UsageError: it cannot be read, or its heading has other columns.
    """
    try:
        with regular(path, SMALL).open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file, strict=True)
            _check_heading(path, table.fieldnames or [], needed, columns)
            for row in table:
                yield table.line_num, row
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} is not CSV in UTF-8: {error}; save it as that, nothing was imported") from error


def fields(row: Row) -> dict[str, str]:
    """What a line says, by column.

    Raises:
        UsageError: it has more or fewer values than the heading.
    """
    if None in row or None in row.values():
        raise UsageError("the line has not as many values as the heading has columns")
    return {str(key): str(value) for key, value in row.items()}


def _check_heading(path: Path, names: Collection[str], needed: Collection[str], columns: Collection[str]) -> None:
    missing = [name for name in needed if name not in names]
    unknown = [name for name in names if name not in columns]
    if missing or unknown:
        wrong = f"lacks {', '.join(missing)}" if missing else f"has unknown columns {', '.join(map(repr, unknown))}"
        raise UsageError(f"{path}:1: the heading {wrong}; columns are {', '.join(columns)}. Nothing was imported")
