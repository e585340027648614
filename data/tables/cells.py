"""From a cell of a table to plain text."""

from __future__ import annotations

from typing import Any

from failscape.common.references import join_references
from failscape.data.base import Unreadable


def clean(text: str) -> str:
    r"""The text with ``\n`` as its only line end, and without blanks at the ends of lines and around the whole.

    Raises:
        Unreadable: ``not text``, where it holds NULs, or bytes that are wrong in its encoding.
    """
    if "\0" in text or not _encodable(text):
        raise Unreadable("not text")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def article_of(cell: Any) -> str:
    """The text of a cell, or its sentences joined by blanks where it holds a list; ``""`` where it holds nothing.

    Raises:
        Unreadable: ``not text``.
    """
    return " ".join(filter(None, _texts(cell)))


def reference_of(cell: Any) -> str:
    """The text of a cell, or all that are not empty where it holds a list of references (see ``references_of``).

    Raises:
        Unreadable: ``not text``.
    """
    return join_references(_texts(cell))


def label_of(cell: Any) -> str:
    """A topic or a name on one line, which may be a number.

    Raises:
        Unreadable: ``not text``.
    """
    return "" if _is_missing(cell) else " ".join(clean(str(cell)).split())


def _texts(cell: Any) -> list[str]:
    return [_text(part) for part in cell] if isinstance(cell, list) else [_text(cell)]


def _text(cell: Any) -> str:
    if _is_missing(cell):
        return ""
    if not isinstance(cell, str):
        raise Unreadable("not text")
    return clean(cell)


def _is_missing(cell: Any) -> bool:
    return cell is None or cell != cell  # NaN is what some tables have for nothing


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
