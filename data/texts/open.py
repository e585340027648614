"""From what the user typed for texts to a source of articles, and groups of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from failscape.common.languages import CHUNK
from failscape.common.uri import Uri, check_options, parse_path, parse_uri, typed
from failscape.data.base import Source
from failscape.data.tables.columns import OPTIONS, choose_columns
from failscape.data.tables.huggingface import open_hf_table
from failscape.data.tables.open import open_table
from failscape.data.texts.collection import TextCollection
from failscape.data.texts.folder import TextFolder
from failscape.data.texts.rows import TextRow, text_rows
from failscape.errors import UsageError, did_you_mean

LENGTHS = ("short", "medium", "long")


def open_texts(spec: str | Path) -> Source:
    """The articles that the user named, with their references and topics.

    Args:
        spec: a table ``FILE?article=COLUMN&reference=COLUMN&topic=COLUMN&name=COLUMN`` (CSV, TSV, JSON, JSON lines or
            Parquet; every option may be left out, see ``choose_columns``), a folder of ``.txt`` files (``TextFolder``);
            both take ``encoding``, which else is found out. ``hf:NAME_OR_FOLDER?split=test`` with the options of a
            table and ``config``, ``reports:?n=4000&seed=0``, the street world's incident reports, or
            ``street:traffic?n=4000&seed=0&captions=1``, captions of its scenes.

    Raises:
        UsageError: the data cannot be found or read, has no such column, or no article that can be read.
    """
    text = str(spec)
    if isinstance(spec, Path) or Path(text).expanduser().exists():
        return _open_path(Uri("", text, {}))
    parsed = parse_uri(text)
    if not parsed.scheme:
        return _open_path(parse_path(text))
    if parsed.scheme not in _OPENERS:
        guess = did_you_mean(parsed.scheme, _OPENERS)
        raise UsageError(f"there is no file {text} and no kind of texts {parsed.scheme!r}{guess}")
    return _OPENERS[parsed.scheme](parsed)


def length_groups(texts: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Thirds of the texts by how many words they have, or signs where a script puts no blanks between words.

    Equal lengths are in one group, so thirds may differ.

    Args:
        texts: ``(N,)`` object.

    Returns:
        Indices ``(N,)`` int64 into the names of the groups, and the names, shortest first.
    """
    counts = np.array([len(CHUNK.findall(article)) for article in texts], dtype=np.int64)
    if not len(counts):
        return counts, LENGTHS
    return np.searchsorted(np.quantile(counts, [1 / 3, 2 / 3]), counts).astype(np.int64), LENGTHS


def _open_path(uri: Uri) -> Source:
    path = Path(uri.name).expanduser()
    if path.is_dir():
        check_options(uri.name, uri.options, ("encoding",))
        folder = TextFolder(path, uri.options.get("encoding", ""))
        source = TextCollection(folder.rows(), uri.name)
        source.notes = folder.notes
        return source
    check_options(uri.name, uri.options, (*OPTIONS, "encoding"))
    table = open_table(path, uri.options.get("encoding", ""))
    columns = choose_columns(uri.name, table.columns, uri.options)
    source = TextCollection(text_rows(table, columns, path.name), uri.name)
    source.notes = table.notes
    return source


def _open_hf(uri: Uri) -> Source:
    where = f"hf:{uri.name}"
    check_options(where, uri.options, (*OPTIONS, "split", "config"))
    table, split = open_hf_table(uri.name, uri.options)
    columns = choose_columns(where, table.columns, uri.options)
    return TextCollection(text_rows(table, columns, f"{Path(uri.name).name}/{split}"), where)


def _open_reports(uri: Uri) -> Source:
    defaults = {"n": 4000, "seed": 0}
    check_options("reports:", uri.options, defaults)
    options = {key: typed("reports:", key, value, defaults[key]) for key, value in uri.options.items()}
    if uri.name:
        raise UsageError(f"reports:{uri.name} is no world; its options come after ?, as in reports:?n=1000")
    from failscape.data.street.reports import ReportSource

    return ReportSource(**options)


def _open_street(uri: Uri) -> Source:
    if uri.name != "traffic":
        raise UsageError(f"street:{uri.name} has no texts; there are street:traffic (captions) and reports:")
    defaults = {"n": 4000, "seed": 0, "captions": 1}
    check_options("street:traffic", uri.options, defaults)
    options = {key: typed("street:traffic", key, value, defaults[key]) for key, value in uri.options.items()}
    from failscape.data.street.traffic.source import caption_rows

    return TextCollection((TextRow(*row) for row in caption_rows(**options)), "street:traffic")


_OPENERS: dict[str, Callable[[Uri], Source]] = {"hf": _open_hf, "reports": _open_reports, "street": _open_street}
