"""How alike the outcomes of one item are, as plans assume: half of the items are harder than the other half.

Where a share ``rate`` of items fails, that is ``1.5 rate`` of the hard ones and ``0.5 rate`` of the others (above one
half, the same of those that hold). The simulated runs of ``benchmarks.modes`` and ``benchmarks.plan`` are made so.
"""

from __future__ import annotations

SPREAD = 0.5  # how much more hard items fail, as a share of the smaller of failing and holding


def likeness(rate: float) -> float:
    """Correlation of two outcomes of one item at points of one failure rate."""
    if not 0 < rate < 1:
        return 0.0
    return (SPREAD * min(rate, 1 - rate)) ** 2 / (rate * (1 - rate))


def design_effect(rate: float, per_item: float) -> float:
    """By how much probes are worth less than as many items, where each item has ``per_item`` of them (Kish 1965)."""
    return 1 + max(per_item - 1, 0.0) * likeness(rate)
