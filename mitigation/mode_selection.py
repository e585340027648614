"""Which failures are worth mitigating: those that are the largest share of all, unless a person says otherwise."""

from __future__ import annotations

from collections.abc import Sequence

from failscape.analysis.modes.mode import Mode
from failscape.analysis.modes.order import in_order
from failscape.concepts import ConceptSpace
from failscape.concepts.label_effect import INVALIDATED
from failscape.errors import UsageError

MOST = 10  # modes chosen unless they are named


def choose_modes(
    modes: Sequence[Mode],
    numbers: Sequence[int] | None = None,
    space: ConceptSpace | None = None,
    by: str = "share",
) -> list[int]:
    """Numbers of the modes to mitigate, counted from 1, the most pressing first.

    Args:
        modes: of a run, in its order.
        numbers: as a person named them; they are kept as they are.
        space: the grid; where it is of texts, modes of edits that take facts away are left out: a target that is
            fine-tuned on them would learn to write what is not there.
        by: the order of :func:`failscape.analysis.modes.order.in_order`.

    Without ``numbers``: the confirmed modes in this order, ten at most.

    Raises:
        UsageError: no such mode, or none that is confirmed and can be mitigated.
    """
    if numbers is not None:
        for number in numbers:
            if not 1 <= number <= len(modes):
                known = f"its modes are 1 to {len(modes)}" if modes else "it has none"
                raise UsageError(f"the run has no failure mode {number}; {known}")
        return list(dict.fromkeys(numbers))
    number_of = {id(mode): number for number, mode in enumerate(modes, start=1)}
    ordered = in_order([mode for mode in modes if mode.confirmed], by)
    pressing = [number_of[id(mode)] for mode in ordered if space is None or teaches(mode, space)]
    if not pressing and any(mode.confirmed for mode in modes):
        raise UsageError("the run's failure modes are of edits that take facts away, which no fine-tune brings back")
    if not pressing:
        raise UsageError("the run has no confirmed failure mode to mitigate; name others with --modes, or explore more")
    return pressing[:MOST]


def teaches(mode: Mode, space: ConceptSpace) -> bool:
    """Whether something can be learned of a mode: of some of its edits the reference, as they left it, holds."""
    return bool((space.label_effect(space.point(mode.points)) != INVALIDATED).any())
