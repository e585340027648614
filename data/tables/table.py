"""The rows of a table, and the texts in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

Line = tuple[str, Mapping[str, Any] | str]
"""Where a row stands in its table (``000007``), and its cells by column, or why it has none."""


class Table(NamedTuple):
    """A table that can be read again and again, a row at a time."""

    columns: list[str]
    lines: Callable[[Sequence[str]], Iterator[Line]]  # given the columns that are used
    notes: tuple[str, ...] = ()  # what the user should know of how it is read
