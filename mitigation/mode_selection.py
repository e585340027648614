"""Which failures are worth mitigating: what people mind most, times how often it happens."""

from __future__ import annotations

from collections.abc import Sequence

from failscape.analysis.modes.mode import Mode
from failscape.concepts import ConceptSpace
from failscape.concepts.label_effect import INVALIDATED
from failscape.errors import UsageError

MOST = 10  # modes chosen unless they are named


def choose_modes(
    modes: Sequence[Mode], numbers: Sequence[int] | None = None, space: ConceptSpace | None = None
) -> list[int]:
    """Numbers of the modes to mitigate, counted from 1, the most pressing first.

    Args:
        modes: of a run, in its order.
        numbers: as a person named them; they are kept as they are.
        space: the grid; where it is of texts, modes of edits that take facts away are left out: a target that is
            fine-tuned on them would learn to write what is not there.

    Without ``numbers``: the confirmed modes by what people gave them × held-out failure rate, ten at most. A mode that
    nobody rated counts as the mean of the others.

    Raises:
        UsageError: no such mode, or none that is confirmed and can be mitigated.
    """
    if numbers is not None:
        for number in numbers:
            if not 1 <= number <= len(modes):
                known = f"its modes are 1 to {len(modes)}" if modes else "it has none"
                raise UsageError(f"the run has no failure mode {number}; {known}")
        return list(dict.fromkeys(numbers))
    given = [mode.rating for mode in modes if mode.rating is not None]
    usual = sum(given) / len(given) if given else 1.0
    pressing = {
        number: (usual if mode.rating is None else mode.rating)
        * (mode.rate if mode.held_out_rate is None else mode.held_out_rate)
        for number, mode in enumerate(modes, start=1)
        if mode.confirmed and (space is None or teaches(mode, space))
    }
    if not pressing and any(mode.confirmed for mode in modes):
        raise UsageError("the run's failure modes are of edits that take facts away, which no fine-tune brings back")
    if not pressing:
        raise UsageError("the run has no confirmed failure mode to mitigate; name others with --modes, or explore more")
    return sorted(pressing, key=lambda number: -pressing[number])[:MOST]


def teaches(mode: Mode, space: ConceptSpace) -> bool:
    """Whether something can be learned of a mode: of some of its edits the reference, as they left it, holds."""
    return bool((space.label_effect(space.point(mode.points)) != INVALIDATED).any())
