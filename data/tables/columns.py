"""Which columns of a table hold what: articles and references, or pictures and captions; topics and names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from failscape.common.format import a_few
from failscape.errors import UsageError, did_you_mean

ARTICLES = ("article", "document", "text", "source", "dialogue", "body")
REFERENCES = ("summary", "highlights", "reference", "target", "abstract", "tldr")
OPTIONS = ("article", "reference", "topic", "name")
IMAGES = ("image", "image_path", "path", "file_name", "filename", "file", "picture")
CAPTIONS = ("caption", "text", "description", "prompt")
CAPTIONED_OPTIONS = ("image", "caption", "topic", "name")

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


class CaptionedColumns(NamedTuple):
    """The same of a table of pictures and their captions."""

    image: str
    caption: str
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
    _check_named(where, known, options, OPTIONS)
    article = _needed(where, known, options, "article", ARTICLES)
    rest = [column for column in known if column != article]
    reference = options.get("reference") or _first(REFERENCES, rest)
    return Columns(article, reference, options.get("topic"), options.get("name"))


def choose_captioned_columns(where: str, known: Sequence[str], options: Mapping[str, str]) -> CaptionedColumns:
    """The columns that the options name; unless named, the first of ``IMAGES`` and of ``CAPTIONS`` there is.

    Raises:
        UsageError: there is no such column, or none that is a picture's or a caption's by its name.
    """
    _check_named(where, known, options, CAPTIONED_OPTIONS)
    image = _needed(where, known, options, "image", IMAGES)
    caption = _needed(where, known, options, "caption", CAPTIONS)
    return CaptionedColumns(image, caption, options.get("topic"), options.get("name"))


def _check_named(where: str, known: Sequence[str], options: Mapping[str, str], kinds: Sequence[str]) -> None:
    for option in kinds:
        if option in options and options[option] not in known:
            wrong = options[option]
            close = did_you_mean(wrong, known).partition("did you mean ")[2]
            guess = f"; did you mean {close}" if close else ""
            raise UsageError(f"{where} has no column {wrong!r}{guess}; its columns are {_shown(known)}")


def _needed(where: str, known: Sequence[str], options: Mapping[str, str], kind: str, usual: Sequence[str]) -> str:
    found = options.get(kind) or _first(usual, known)
    if found is None:
        raise UsageError(
            f"{where} has no column {', '.join(usual[:-1])} or {usual[-1]}; "
            f"name that of the {kind}s with ?{kind}=COLUMN; its columns are {_shown(known)}"
        )
    return found


def _first(wanted: Sequence[str], known: Sequence[str]) -> str | None:
    return next((column for column in wanted if column in known), None)


def _shown(known: Sequence[str]) -> str:
    return a_few((column if len(column) <= _SHOWN else column[:_SHOWN] + "..." for column in known), limit=12)
