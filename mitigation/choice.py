"""Which failures are worth mending: what people mind most, times how often it happens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from failscape.analysis.modes import Mode
from failscape.errors import UsageError

MOST = 10  # modes chosen unless they are named


def choose_modes(
    modes: Sequence[Mode], numbers: Sequence[int] | None = None, ratings: Mapping[int, float] | None = None
) -> list[int]:
    """Numbers of the modes to mend, counted from 1, the most pressing first.

    Args:
        modes: of a run, in its order.
        numbers: as a person named them; they are kept as they are.
        ratings: how undesirable each is by people's judgement, in [0, 1], by number; modes without one count as the
            mean of the others, or 1.

    Without ``numbers``: the confirmed modes by rating × held-out failure rate, ten at most.

    Raises:
        UsageError: no such mode, or none that is confirmed.
    """
    if numbers is not None:
        for number in numbers:
            if not 1 <= number <= len(modes):
                known = f"its modes are 1 to {len(modes)}" if modes else "it has none"
                raise UsageError(f"the run has no failure mode {number}; {known}")
        return list(dict.fromkeys(numbers))
    ratings = ratings or {}
    usual = sum(ratings.values()) / len(ratings) if ratings else 1.0
    pressing = {
        number: ratings.get(number, usual) * (mode.rate if mode.held_out_rate is None else mode.held_out_rate)
        for number, mode in enumerate(modes, start=1)
        if mode.confirmed
    }
    if not pressing:
        raise UsageError("the run has no confirmed failure mode to mend; name others with --modes, or explore more")
    return sorted(pressing, key=lambda number: -pressing[number])[:MOST]
