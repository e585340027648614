"""Which columns of a table are the article, the reference, the topic and the name of a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from failscape.common.format import a_few
from failscape.errors import UsageError, did_you_mean

ARTICLES = ("article", "document", "text", "source", "dialogue", "body")
REFERENCES = ("summary", "highlights", "reference", "target", "abstract", "tldr")
OPTIONS = ("article", "reference", "topic", "name")

_SHOWN = 40  # characters of a column's name: where there is no header, it is a whole text


class Columns(NamedTuple):
    """The names of the columns; None where the table has none of that kind."""

    article: str
    reference: str | None = None
    topic: str | None = None
    name: str | None = None

    @property
    def used(self) -> list[str]:
        """The columns that are read, each once."""
        return list(dict.fromkeys(column for column in self if column))


def choose_columns(where: str, known: Sequence[str], options: Mapping[str, str]) -> Columns:
    """The columns that the options name; unless named, the first of ``ARTICLES`` and of ``REFERENCES`` there is.

    Raises:
        UsageError: there is no such column, or none that is an article's by its name.
    """
    for option in OPTIONS:
        if option in options and options[option] not in known:
            wrong = options[option]
            close = did_you_mean(wrong, known).partition("did you mean ")[2]
            guess = f"; did you mean {close}" if close else ""
            raise UsageError(f"{where} has no column {wrong!r}{guess}; its columns are {_shown(known)}")
    article = options.get("article") or _first(ARTICLES, known)
    if article is None:
        raise UsageError(
            f"{where} has no column {', '.join(ARTICLES[:-1])} or {ARTICLES[-1]}; "
            f"name that of the articles with ?article=COLUMN; its columns are {_shown(known)}"
        )
    rest = [column for column in known if column != article]
    reference = options.get("reference") or _first(REFERENCES, rest)
    return Columns(article, reference, options.get("topic"), options.get("name"))


def _first(wanted: Sequence[str], known: Sequence[str]) -> str | None:
    return next((column for column in wanted if column in known), None)


def _shown(known: Sequence[str]) -> str:
    return a_few((column if len(column) <= _SHOWN else column[:_SHOWN] + "..." for column in known), limit=12)
