"""Small pieces of messages."""

from __future__ import annotations

from collections.abc import Iterable


def a_few(names: Iterable[str], limit: int = 5) -> str:
    """``a, b, c, d, e and 9 more``."""
    names = list(names)
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def first_sentence(error: Exception) -> str:
    """What a library's error says first, without its full stop; the kind of error where it says nothing."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].split(". ")[0].rstrip(".")
