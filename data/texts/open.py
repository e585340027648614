"""From what the user typed for texts to a source of articles, and groups of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from failscape.data.base import Source
from failscape.data.spec import Spec, check_options, parse_path, parse_spec, typed
from failscape.data.tables.columns import OPTIONS, choose_columns
from failscape.data.tables.huggingface import open_hf_table
from failscape.data.tables.open import open_table
from failscape.data.texts.collection import TextCollection
from failscape.data.texts.folder import TextFolder
from failscape.data.texts.rows import text_rows
from failscape.errors import UsageError, did_you_mean

LENGTHS = ("short", "medium", "long")


def open_texts(spec: str | Path) -> Source:
    """The articles that the user named, with their references and topics.

    Args:
        spec: a table ``FILE?article=COLUMN&reference=COLUMN&topic=COLUMN&name=COLUMN`` (CSV, TSV, JSON, JSON lines or
            Parquet; every option may be left out, see ``choose_columns``), a folder of ``.txt`` files (``TextFolder``),
            ``hf:NAME_OR_FOLDER?split=test`` with the options of a table and ``config``, or ``reports:?n=4000&seed=0``,
            the street world's incident reports.

    Raises:
        UsageError: the data cannot be found or read, has no such column, or no article that can be read.
    """
    text = str(spec)
    if isinstance(spec, Path) or Path(text).expanduser().exists():
        return _open_path(Spec("", text, {}))
    parsed = parse_spec(text)
    if not parsed.scheme:
        return _open_path(parse_path(text))
    if parsed.scheme not in _OPENERS:
        guess = did_you_mean(parsed.scheme, _OPENERS)
        raise UsageError(f"there is no file {text} and no kind of texts {parsed.scheme!r}{guess}")
    return _OPENERS[parsed.scheme](parsed)


def length_groups(texts: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Thirds of the texts by how many words their articles have; equal lengths are in one group, so thirds may differ.

    Args:
        texts: ``(N,)`` object.

    Returns:
        Indices ``(N,)`` int64 into the names of the groups, and the names, shortest first.
    """
    counts = np.array([len(article.split()) for article in texts], dtype=np.int64)
    if not len(counts):
        return counts, LENGTHS
    return np.searchsorted(np.quantile(counts, [1 / 3, 2 / 3]), counts).astype(np.int64), LENGTHS


def _open_path(spec: Spec) -> Source:
    path = Path(spec.name).expanduser()
    if path.is_dir():
        check_options(spec.name, spec.options, ())
        folder = TextFolder(path)
        source = TextCollection(folder.rows(), spec.name)
        source.notes = folder.notes
        return source
    check_options(spec.name, spec.options, OPTIONS)
    table = open_table(path)
    columns = choose_columns(spec.name, table.columns, spec.options)
    source = TextCollection(text_rows(table, columns, path.name), spec.name)
    source.notes = table.notes
    return source


def _open_hf(spec: Spec) -> Source:
    where = f"hf:{spec.name}"
    check_options(where, spec.options, (*OPTIONS, "split", "config"))
    table, split = open_hf_table(spec.name, spec.options)
    columns = choose_columns(where, table.columns, spec.options)
    return TextCollection(text_rows(table, columns, f"{Path(spec.name).name}/{split}"), where)


def _open_reports(spec: Spec) -> Source:
    defaults = {"n": 4000, "seed": 0}
    check_options("reports:", spec.options, defaults)
    options = {key: typed("reports:", key, value, defaults[key]) for key, value in spec.options.items()}
    if spec.name:
        raise UsageError(f"reports:{spec.name} is no world; its options come after ?, as in reports:?n=1000")
    from failscape.data.street.reports import ReportSource

    return ReportSource(**options)


_OPENERS: dict[str, Callable[[Spec], Source]] = {"hf": _open_hf, "reports": _open_reports}
