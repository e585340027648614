"""Small pieces of messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np


def a_few(names: Iterable[str], limit: int = 5) -> str:
    """``a, b, c, d, e and 9 more``."""
    names = list(names)
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


def listed(names: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join([", ".join(names[:-1]), *names[-1:]]) if len(names) > 1 else "".join(names)


def first_sentence(error: Exception) -> str:
    """What a library's error says first, without its full stop; the kind of error where it says nothing."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].split(". ")[0].rstrip(".")


def percent(rate: float) -> str:
    """A rate as a person writes it, with a no-break space: ``3.1 %``, ``22 %``; ``–`` where unknown."""
    if np.isnan(rate):
        return "–"
    if 0 < rate < 0.001:
        return "<\u00a00.1\u00a0%"
    digits = 1 if 0 < rate < 0.0995 or 0.9905 < rate < 1 else 0
    return f"{100 * rate:.{digits}f}\u00a0%"


def interval(low: float, high: float) -> str:
    """An interval of rates without its sign: ``68–74``."""
    return "–".join(percent(x).removesuffix("\u00a0%") for x in (low, high))


def count(n: int) -> str:
    """A count with groups of three apart: ``20,000``."""
    return f"{n:,}"


def counted(n: int, one: str, several: str = "") -> str:
    """A count and what is counted: ``1 rater``, ``2,000 raters``; ``several`` where it takes no s."""
    return f"{n:,} {one if n == 1 else several or one + 's'}"


def signed(change: float, digits: int = 1) -> str:
    """A change with its sign: ``+1.5``, ``-0.3``; one that rounds to nothing has none: ``0.0``."""
    text = f"{change:+.{digits}f}"
    return text if float(text) else text[1:]


def duration(seconds: float) -> str:
    """``1 min 10 s``, ``45 s``, ``2 h 5 min``."""
    seconds = round(seconds)
    if seconds < 60:
        return f"{max(seconds, 1)} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"
