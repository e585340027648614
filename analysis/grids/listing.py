"""Lists of names in words."""

from __future__ import annotations

from collections.abc import Sequence


def listed(words: Sequence[str], link: str) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    *most, last = words
    return f"{', '.join(most)} {link} {last}" if most else last
