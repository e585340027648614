"""What edits do to right answers, as facts that a source of data or a person states."""

from __future__ import annotations

from typing import Final, NamedTuple

KEPT: Final = -2  # the class stays right
INVALID: Final = -1  # no class is right any more
EVERY: Final = -1  # every class


class LabelRule(NamedTuple):
    """What edits of one concept, of strengths in a range, do to items of a class. Of several rules the last holds."""

    concept: str
    low: float  # the range, inclusive, in the concept's unit
    high: float
    label: int  # index of the class, or EVERY
    becomes: int  # index of the class that is right after the edit, KEPT or INVALID
