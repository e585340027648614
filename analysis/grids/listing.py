"""Lists of names in the words of a region, and how exact those words must be."""

from __future__ import annotations

from collections.abc import Sequence

PRECISE = 0.8  # share of what a name says that must be so, or it says "mostly"
MAX_NAMED = 3  # names listed one by one


def listed(words: Sequence[str], link: str) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    *most, last = words
    return f"{', '.join(most)} {link} {last}" if most else last


def either(names: Sequence[str]) -> str:
    """``a, b or c``, of many the first two and how many more."""
    if len(names) > MAX_NAMED:
        names = [*names[: MAX_NAMED - 1], f"{len(names) - MAX_NAMED + 1} others"]
    return listed(names, "or")
