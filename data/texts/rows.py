"""Articles with their references, from the rows of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from failscape.common.visible import well_formed
from failscape.data.base import Skipped, Unreadable
from failscape.data.tables.cells import article_of, label_of, reference_of
from failscape.data.tables.columns import Columns
from failscape.data.tables.table import Table


class TextRow(NamedTuple):
    """An article with its reference and topic, each ``""`` where there is none."""

    name: str
    article: str
    reference: str = ""
    topic: str = ""


def text_rows(table: Table, columns: Columns, prefix: str) -> Iterator[TextRow | Skipped]:
    """The texts of a table, in its order. A row without a name of its own is called ``prefix/place``."""
    for place, cells in table.lines(columns.used):
        name = well_formed(f"{prefix}/{place}")
        try:
            yield Skipped(name, cells) if isinstance(cells, str) else _text_row(name, cells, columns)
        except Unreadable as reason:
            yield Skipped(name, str(reason))


def _text_row(name: str, cells: Mapping[str, Any], columns: Columns) -> TextRow:
    def cell(column: str | None) -> Any:
        return cells.get(column) if column else None

    return TextRow(
        name=label_of(cell(columns.name)) or name,
        article=article_of(cell(columns.article)),
        reference=reference_of(cell(columns.reference)),
        topic=label_of(cell(columns.topic)),
    )
