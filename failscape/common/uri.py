"""What the user types for a target or for data: ``scheme:name?option=value&...``."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from failscape.errors import UsageError, did_you_mean

# One letter and a colon is a Windows drive.
_SCHEME = re.compile(r"([A-Za-z][\w.+-]+):(.*)", re.DOTALL)


class Uri(NamedTuple):
    """Its parts; the scheme is empty for a plain path."""

    scheme: str
    name: str
    options: dict[str, str]


def parse_uri(text: str) -> Uri:
    """The parts of a URI. Values are taken as they stand, so that paths need no escapes.

    Raises:
        UsageError: an option has no equals sign or is given twice.
    """
    found = _SCHEME.fullmatch(text)
    if not found:
        return Uri("", text, {})
    name, _, query = found[2].partition("?")
    return Uri(found[1], name, _options(text, query))


def parse_path(text: str) -> Uri:
    """The same for ``path?option=value&...``: a path that takes options. The scheme is empty.

    Raises:
        UsageError: as ``parse_uri`` does.
    """
    name, _, query = text.partition("?")
    return Uri("", name, _options(text, query))


def _options(text: str, query: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for part in query.split("&") if query else []:
        key, equals, value = part.partition("=")
        if not (key and equals):
            raise UsageError(f"{text}: {part!r} is no option; write ?name=value&name=value")
        if key in options:
            raise UsageError(f"{text}: the option {key} is given twice; keep one")
        options[key] = value
    return options


def check_options(where: str, options: Iterable[str], known: Iterable[str]) -> None:
    """Refuses an option that is not known, with the closest one that is."""
    known = list(known)
    for key in options:
        if key not in known:
            raise UsageError(f"{where} has no option {key}{did_you_mean(key, known)}")


def typed(where: str, key: str, value: str, like: bool | int | str) -> Any:
    """The text of an option as the type of its default.

    Raises:
        UsageError: it is not one.
    """
    if isinstance(like, bool):
        if value.lower() in ("true", "false"):
            return value.lower() == "true"
        raise UsageError(f"{where}: {key} is {value!r}; write true or false")
    if isinstance(like, int):
        if re.fullmatch(r"-?[0-9]+", value):
            return int(value)
        raise UsageError(f"{where}: {key} is {value!r}; write a whole number")
    return value
