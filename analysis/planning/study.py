"""A run that is planned, and a mode that it should find.

Shapes: ``P`` points, ``K`` axes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from failscape.analysis.grids.view import view_of
from failscape.concepts import ConceptSpace
from failscape.errors import UsageError

MAX_POINTS = 20_000  # of a grid that is planned
MAX_TRIED = 20_000  # boxes among which one of the wanted size is chosen
VOLUME = 10  # how much the size of a box counts, beside its form


@dataclass(frozen=True)
class Axis:
    """One axis of the grid: its number of levels, and which runs of them can be a side of a box."""

    n: int
    ordered: bool = True
    whole: bool = False  # of an axis without order: a box may take all of its levels

    def spans(self) -> Iterator[tuple[int, int]]:
        """First and last level of every side that a box may have."""
        for first in range(self.n):
            yield from ((first, last) for last in range(first, self.n) if self._may_be(first, last))

    def log_share(self, first: int, last: int) -> float:
        """As :func:`failscape.analysis.modes.box_scan.log_share` of one axis."""
        if not self.ordered:
            return -math.log(self.n + self.whole)
        return -math.log(self.n * (self.n - (last - first)))

    def _may_be(self, first: int, last: int) -> bool:
        return self.ordered or first == last or (self.whole and last - first + 1 == self.n)


@dataclass(frozen=True)
class Study:
    """A planned run: uniform probes, as many of each group, and items that differ in how easily they fail.

    Attributes:
        axes: of the grid.
        queries: evaluations of the target that the search may spend.
        items: explored and held out together.
        groups: of equal size.
        held_out: share of the items.
        base: failure rate of unedited items, and of edited ones outside of the mode.
        left_out: share of the grid's points that do not exist.
    """

    axes: tuple[Axis, ...]
    queries: int
    items: int
    groups: int = 1
    held_out: float = 0.2
    base: float = 0.05
    left_out: float = 0.0

    def __post_init__(self) -> None:
        """Check that there is something to plan."""
        for name in ("queries", "items", "groups"):
            if getattr(self, name) < 1:
                raise UsageError(f"a plan needs one or more {name}, got {getattr(self, name)}")
        if not self.axes or min(axis.n for axis in self.axes) < 1:
            raise UsageError("a plan needs a grid of one or more points")
        if self.n_points > MAX_POINTS:
            raise UsageError(f"a plan is of a grid of at most {MAX_POINTS:,} points, this one has {self.n_points:,}")
        if not 0 < self.held_out < 1:
            raise UsageError(f"the held-out share is {self.held_out:g}; a plan needs one between 0 and 1")
        if not 0 <= self.base < 1:
            raise UsageError(f"the base rate is {self.base:g}; a plan needs one from 0 to below 1")
        if not 0 <= self.left_out < 1:
            raise UsageError(f"{self.left_out:g} of the grid is left out; a plan needs less than all")
        if self.groups > self.items:
            raise UsageError(f"{self.groups:,} groups are more than {self.items:,} items")
        if not 1 <= self.n_held_out < self.items:
            raise UsageError(f"of {self.items:,} items a share of {self.held_out:g} leaves one side empty")

    @property
    def n_points(self) -> int:
        """Points of the grid, those that are left out too."""
        return math.prod(axis.n for axis in self.axes)

    @property
    def n_existing(self) -> int:
        """Points of the grid that exist."""
        return max(1, round(self.n_points * (1 - self.left_out)))

    @property
    def n_kinds(self) -> int:
        """Kinds of tests that share the level: of all groups, and of each."""
        return 1 + (self.groups > 1)

    @property
    def n_held_out(self) -> int:
        """Items that confirm."""
        return round(self.items * self.held_out)

    @property
    def n_explored(self) -> int:
        """Items that the search is given."""
        return self.items - self.n_held_out

    @property
    def n_probes(self) -> int:
        """Different pairs of item and point that the budget pays for."""
        return min(self.queries, self.n_explored * self.n_existing)


@dataclass(frozen=True)
class Sought:
    """A box of the grid in which more items fail: of all groups, or of one."""

    low: tuple[int, ...]  # (K,) first level of each axis
    high: tuple[int, ...]  # (K,) last level
    rate: float
    one_group: bool = False

    @property
    def size(self) -> int:
        """Its points."""
        return math.prod(last - first + 1 for first, last in zip(self.low, self.high, strict=True))

    def points(self, axes: Sequence[Axis]) -> np.ndarray:
        """Rows of the grid, in increasing order."""
        spans = [range(first, last + 1) for first, last in zip(self.low, self.high, strict=True)]
        return np.ravel_multi_index(np.array(list(product(*spans))).T, [axis.n for axis in axes])


def axes_of(space: ConceptSpace) -> tuple[Axis, ...]:
    """The axes of a grid of edits."""
    whole = view_of(space).whole_axes
    levels = zip(space.concepts, space.shape, whole, strict=True)
    return tuple(Axis(n, ordered=not concept.categorical, whole=some) for concept, n, some in levels)


def axes_from(text: str) -> tuple[Axis, ...]:
    """The axes of ``5x5x5``, all ordered.

    Raises:
        UsageError: it is no such list of numbers.
    """
    parts = text.lower().replace("×", "x").split("x")
    if not all(part.strip().isascii() and part.strip().isdigit() and int(part) > 0 for part in parts):
        raise UsageError(f"--points takes the levels of each axis, as in 5x5x5, or one number, got {text!r}")
    return tuple(Axis(int(part)) for part in parts)


def central_box(axes: Sequence[Axis], share: float, rate: float, *, one_group: bool = False) -> Sought:
    """The box in the middle of the grid whose share of it is closest to ``share``, of sides as alike as can be."""
    sides = _sides(axes, share)
    low = tuple((axis.n - side) // 2 for axis, side in zip(axes, sides, strict=True))
    return Sought(low, tuple(a + side - 1 for a, side in zip(low, sides, strict=True)), rate, one_group)


def _sides(axes: Sequence[Axis], share: float) -> tuple[int, ...]:
    """Lengths whose product is near to the share of the grid, before they are alike as parts of their axes."""
    target = math.log(share * math.prod(axis.n for axis in axes))
    even = [math.log(share) / len(axes) + math.log(axis.n) for axis in axes]
    choices = [sorted({last - first + 1 for first, last in axis.spans()}) for axis in axes]
    for lengths, wanted in zip(choices, even, strict=True):
        lengths.sort(key=lambda length, wanted=wanted: abs(math.log(length) - wanted))  # type: ignore[misc]
    while math.prod(map(len, choices)) > MAX_TRIED:
        max(choices, key=len).pop()

    def far(sides: tuple[int, ...]) -> float:
        logs = np.log(sides)
        return float(VOLUME * (logs.sum() - target) ** 2 + ((logs - even) ** 2).sum())

    return min(product(*choices), key=far)
