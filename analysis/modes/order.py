"""The order in which modes are told, the same everywhere."""

from __future__ import annotations

from collections.abc import Sequence

from failscape.analysis.modes.mode import Mode
from failscape.errors import UsageError

ORDERS = ("share", "rate", "severity", "rating")


def in_order(modes: Sequence[Mode], by: str = "share") -> list[Mode]:
    """The confirmed modes, then the others, each from the most to the least.

    Args:
        modes: of a run.
        by: ``share`` of all failures, ``rate`` on held-out items, ``severity`` of failures, or ``rating`` by people.

    Raises:
        UsageError: there is no such order.
    """
    if by not in ORDERS:
        raise UsageError(f"modes are ordered by {', '.join(ORDERS)}; not by {by!r}")

    def key(mode: Mode) -> float:
        value = {"share": mode.share, "rate": mode.rate, "severity": mode.severity, "rating": mode.rating}[by]
        return -1.0 if value is None else value

    return sorted(modes, key=lambda mode: (not mode.confirmed, -key(mode), -mode.share))
