"""What an edit does to items, in words for people who are not engineers: ``turned clockwise by 10 degrees``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

PER_CENT = " %"


class Words(Protocol):
    """Says what an edit does at strengths from the weakest to the strongest of some."""

    def __call__(self, low: float, high: float, /) -> str:
        """``turned clockwise by 10 to 20 degrees``."""
        ...


def amount(low: float, high: float, unit: str = "", of: float = 1) -> str:
    """``10 degrees``, ``10 to 20 degrees``, ``up to 20 degrees``; ``of`` strengths are one unit."""
    low, high = (round(strength * of, 1) for strength in (low, high))
    span = f"{high:g}" if low == high else f"up to {high:g}" if low == 0 else f"{low:g} to {high:g}"
    return f"{span}{unit}"


@dataclass(frozen=True)
class Amount:
    """A sentence around how much: ``at {} of their size``."""

    sentence: str
    unit: str = ""
    of: float = 1  # units in a strength of 1

    def __call__(self, low: float, high: float, /) -> str:
        """The sentence with the amount."""
        return self.sentence.format(amount(low, high, self.unit, self.of))


def share(sentence: str) -> Amount:
    """A sentence around a strength that is a share, told in per cent."""
    return Amount(sentence, PER_CENT, 100)


@dataclass(frozen=True)
class EitherWay:
    """An edit that has a direction and changes nothing at 0."""

    verb: str
    negative: str  # direction of strengths below 0
    positive: str
    by: str  # takes how far
    unit: str = PER_CENT
    of: float = 100

    def __call__(self, low: float, high: float, /) -> str:
        """Verb, direction and how far."""
        if low >= 0 or high <= 0:
            least, most = (low, high) if low >= 0 else (-high, -low)
            return f"{self.verb} {self.positive if low >= 0 else self.negative} {self._far(least, most)}"
        if low == -high:
            return f"{self.verb} either way {self._far(0, high)}"
        return f"{self.verb} {self.negative} {self._far(0, -low)} or {self.positive} {self._far(0, high)}"

    def _far(self, low: float, high: float) -> str:
        return self.by.format(amount(low, high, self.unit, self.of))


@dataclass(frozen=True)
class OnOff:
    """An edit that is made from a strength of one half."""

    made: str
    left: str

    def __call__(self, low: float, high: float, /) -> str:
        """Whether it is made, or either."""
        if low >= 0.5:
            return self.made
        return self.left if high < 0.5 else f"{self.made}, or not"
