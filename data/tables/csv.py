"""Tables of texts in CSV and TSV files."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from failscape.data.tables.encoding import open_text
from failscape.data.tables.table import Line, Table
from failscape.errors import UsageError

_FIELD_LIMIT = 2**31 - 1  # characters: the standard library's own limit, 131,072, is less than a long article


def open_csv(path: Path, encoding: str) -> Table:
    """A table whose first line names the columns, with commas, or with semicolons or tabs where that line has more.

    A row is placed by the line in which it begins.

    Raises:
        UsageError: there is no header or no row. While rows are read: a quote is never closed.
    """
    with open_text(path, encoding) as file:
        first = next(line for line in file if line.strip())
    return _delimited(path, encoding, max(",;\t", key=first.count))


def open_tsv(path: Path, encoding: str) -> Table:
    """The same with tabs."""
    return _delimited(path, encoding, "\t")


def _delimited(path: Path, encoding: str, delimiter: str) -> Table:
    records = _records(path, encoding, delimiter)
    _, header = next(records, (0, "missing"))
    if isinstance(header, str):
        raise UsageError(f"{path}: its header is {header}; name the columns in the first line")
    if next(records, None) is None:
        raise UsageError(f"{path} has a header but no rows; give a file with texts")
    columns = [field.strip() for field in header]

    def lines(used: Sequence[str]) -> Iterator[Line]:
        for number, row in islice(_records(path, encoding, delimiter), 1, None):
            if isinstance(row, list) and len(row) != len(columns):
                row = "not as many fields as the header"
            yield f"{number:06d}", row if isinstance(row, str) else dict(zip(columns, row, strict=True))

    return Table(columns, lines)


def _records(path: Path, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """The line in which each record begins, and its fields or why it has none. Blank lines are passed over."""
    csv.field_size_limit(_FIELD_LIMIT)
    with open_text(path, encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        while True:
            number = reader.line_num + 1
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                _refuse_open_quote(path, number, error)
                yield number, "not text" if "NUL" in str(error) else "not valid CSV"  # Python 3.10 takes no NUL
            else:
                if any(field.strip() for field in row):
                    yield number, row


def _refuse_open_quote(path: Path, number: int, error: csv.Error) -> None:
    """Such a quote swallows the rest of the file, which would be missed as a single row."""
    if "unexpected end" in str(error):
        raise UsageError(
            f'{path} line {number}: a quote opens and is never closed; close it, or write "" for a quote in a text'
        ) from None
