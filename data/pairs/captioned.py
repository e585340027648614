"""Pictures with a caption each: a table of paths and captions, or scenes of the street world.

Shapes: ``N`` items.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from PIL import Image

from failscape.common.uri import Uri, check_options, parse_path, parse_uri
from failscape.common.visible import well_formed
from failscape.data.base import Skipped, Source, Unreadable
from failscape.data.images.decode import decode
from failscape.data.images.open import open_pictures
from failscape.data.items import reasons
from failscape.data.street.traffic.source import TrafficSource
from failscape.data.tables.cells import article_of, label_of
from failscape.data.tables.columns import CAPTIONED_OPTIONS, CaptionedColumns, choose_captioned_columns
from failscape.data.tables.open import SUFFIXES, open_table
from failscape.data.tables.table import Table
from failscape.data.texts.collection import grouped, unique
from failscape.errors import UsageError

KINDS = f"give a table ({', '.join(SUFFIXES)}) of image paths and captions, or street:traffic"


class CaptionedSource(Source, Protocol):
    """Pictures that have a caption each."""

    def caption(self, index: int) -> str:
        """Of one picture."""
        ...


class CaptionedRow(NamedTuple):
    """A row of a table: where the picture is, and what is said of it; the topic is ``""`` where there is none."""

    name: str
    path: str
    caption: str
    topic: str = ""


class CaptionedTable:
    """The pictures that a table names, opened as they are asked for; labels index ``group_names``, their topics.

    A picture may have several rows; rows without a path or a caption are skipped.

    Args:
        rows: of the table, in order.
        folder: that paths start from.
        where: how messages call the data.

    Raises:
        UsageError: no row has both.
    """

    notes: tuple[str, ...] = ()

    def __init__(self, rows: Iterable[CaptionedRow | Skipped], folder: Path, where: str) -> None:
        read = list(rows)
        self.skipped = [row for row in read if isinstance(row, Skipped)]
        self._rows = [row for row in read if isinstance(row, CaptionedRow)]
        self._folder = folder
        if not self._rows:
            why = reasons(self.skipped) or "no rows"
            raise UsageError(f"{where} holds no picture with a caption ({why}); give other data")
        self.names: Sequence[str] = unique([row.name for row in self._rows])
        self.group_names: Sequence[str]
        self.group_names, self.labels = grouped([row.topic for row in self._rows])

    def load(self, index: int) -> Image.Image:
        """One picture, in RGB and upright.

        Raises:
            Unreadable: see ``decode``.
        """
        return decode(self._folder / self._rows[index].path)

    def caption(self, index: int) -> str:
        """Of one picture."""
        return self._rows[index].caption


def open_captioned(spec: str) -> CaptionedSource:
    """The captioned pictures that the user named.

    Args:
        spec: a table ``FILE?image=COLUMN&caption=COLUMN&topic=COLUMN&name=COLUMN`` (every option may be left out, see
            ``choose_captioned_columns``; ``encoding`` as with texts), whose paths start from its folder; or
            ``street:traffic`` with the options of pictures.

    Raises:
        UsageError: the data cannot be found or read, or have no such columns.
    """
    if Path(spec).expanduser().exists():
        return _open_table(Uri("", spec, {}))
    parsed = parse_uri(spec)
    if not parsed.scheme:
        return _open_table(parse_path(spec))
    source = open_pictures(spec) if (parsed.scheme, parsed.name) == ("street", "traffic") else None
    if not isinstance(source, TrafficSource):
        raise UsageError(f"{spec} has no captions; {KINDS}")
    return source


def _open_table(uri: Uri) -> CaptionedSource:
    path = Path(uri.name).expanduser()
    if path.is_dir():
        raise UsageError(f"{path} is a folder, which has no captions; {KINDS}")
    if not path.exists():
        raise UsageError(f"there is no file {path}; {KINDS}")
    check_options(uri.name, uri.options, (*CAPTIONED_OPTIONS, "encoding"))
    table = open_table(path, uri.options.get("encoding", ""))
    columns = choose_captioned_columns(uri.name, table.columns, uri.options)
    source = CaptionedTable(_rows(table, columns, path.name), path.parent, uri.name)
    source.notes = table.notes
    return source


def _rows(table: Table, columns: CaptionedColumns, prefix: str) -> Iterator[CaptionedRow | Skipped]:
    for place, cells in table.lines(columns.used):
        name = well_formed(f"{prefix}/{place}")
        try:
            yield Skipped(name, cells) if isinstance(cells, str) else _row(cells, columns)
        except Unreadable as reason:
            yield Skipped(name, str(reason))


def _row(cells: Mapping[str, Any], columns: CaptionedColumns) -> CaptionedRow:
    path, caption = cells.get(columns.image), cells.get(columns.caption)
    if not isinstance(path, str) or not path or "\0" in path:
        raise Unreadable("no path of a picture")
    if isinstance(caption, list):
        raise Unreadable("several captions in a row")
    text = article_of(caption)
    if not text:
        raise Unreadable("no caption")
    name = label_of(cells.get(columns.name)) if columns.name else ""
    topic = label_of(cells.get(columns.topic)) if columns.topic else ""
    return CaptionedRow(name or well_formed(path), path, text, topic)
