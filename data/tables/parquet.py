"""Tables of texts in Parquet files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from failscape.common.format import first_sentence
from failscape.data.tables.table import Line, Table
from failscape.errors import UsageError

_BATCH = 1024  # rows decoded at a time
_NOT_TEXT = object()


def open_parquet(path: Path) -> Table:
    """A table of which only the columns that are used are read; rows are placed by number, from 1.

    Raises:
        UsageError: the file is damaged, is no such file, or has no rows. While rows are read: it is damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            columns, n_rows = file.schema_arrow.names, file.metadata.num_rows
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, error) from None
    if not n_rows:
        raise UsageError(f"{path} has columns but no rows; give a file with texts")

    def lines(used: Sequence[str]) -> Iterator[Line]:
        number = 0
        try:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(_BATCH, columns=list(used)):
                    for cells in zip(*(batch[column] for column in used), strict=True):
                        number += 1
                        yield f"{number:06d}", dict(zip(used, map(_value, cells), strict=True))
        except (pa.ArrowException, OSError) as error:
            raise _damaged(path, error) from None

    return Table(columns, lines)


def _value(scalar: Any) -> Any:
    try:
        return scalar.as_py()
    except UnicodeDecodeError:  # bytes that call themselves UTF-8
        return _NOT_TEXT


def _damaged(path: Path, error: Exception) -> UsageError:
    return UsageError(f"{path} cannot be read: {first_sentence(error)}; write or download it again")
