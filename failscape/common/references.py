"""Several references of one text, held as one string, so that whatever edits a reference edits all of them alike."""

from __future__ import annotations

from collections.abc import Iterable

_SIGN = "\x1e"  # ASCII's record separator, which no text has; to Python it is white space
_BETWEEN = f"\n{_SIGN}\n"


def join_references(references: Iterable[str]) -> str:
    """The references that are not empty, as one string; the reference itself where there is one."""
    return _BETWEEN.join(filter(None, (reference.replace(_SIGN, " ").strip() for reference in references)))


def references_of(text: str) -> tuple[str, ...]:
    """The references that a string holds, one at least."""
    return tuple(text.split(_BETWEEN)) if _SIGN in text else (text,)
