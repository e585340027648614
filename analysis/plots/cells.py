"""A landscape brought down to the three axes a picture can show.

Shapes: ``K`` axes kept (at most 3), ``L1, ..., LK`` their levels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.plots.style import UNSURE, plain
from failscape.common.format import interval, percent
from failscape.concepts.base import Concept

MAX_AXES = 3


@dataclass(frozen=True)
class Cells:
    """What a picture draws; every array is ``(L1, ..., LK)``, rates in [0, 1], NaN where no point exists."""

    concepts: tuple[Concept, ...]  # of the axes kept
    averaged: tuple[str, ...]  # names of the axes averaged over
    smoothed: np.ndarray
    low: np.ndarray  # 95 % interval of the smoothed rate
    high: np.ndarray
    visits: np.ndarray
    failures: np.ndarray
    valid: np.ndarray  # share of the classes with a right answer, in [0, 1]

    @property
    def certainty(self) -> np.ndarray:
        """1 less the width of the 95 % interval, in [0, 1]."""
        return 1 - (self.high - self.low)

    @property
    def exists(self) -> np.ndarray:
        """Where there is anything to draw."""
        return ~np.isnan(self.smoothed)

    @property
    def unsure(self) -> np.ndarray:
        """Where the interval is too wide to rely on, or nothing was tried."""
        return self.exists & ((self.visits == 0) | (self.high - self.low > UNSURE))

    @property
    def meaningless(self) -> np.ndarray:
        """Where the edits leave no class a right answer."""
        return self.valid == 0

    @property
    def note(self) -> str:
        """What is not shown, in words; empty where all is."""
        averaged = f"averaged over {', '.join(self.averaged)}" if self.averaged else ""
        empty = "" if (self.exists | self.meaningless).all() else "left out: combinations without items"
        lost = 1 - float(self.valid.mean())
        some = f"left out for {percent(lost)} of points and classes: the edit leaves no right answer" if lost else ""
        hatched = "hatched: for no class" if self.meaningless.any() else ""
        return ", ".join(part for part in (averaged, empty, some, hatched) if part)

    def hover(self) -> list[str]:
        """A few lines on each cell, in C order."""
        lines = []
        for index in np.ndindex(self.smoothed.shape):
            label = ", ".join(c.label(level) for c, level in zip(self.concepts, index, strict=True))
            if not self.exists[index]:
                why = "the edit leaves no right answer" if self.meaningless[index] else "no items"
                lines.append(f"<b>{plain(label)}</b><br>{why}")
                continue
            drawn = (self.smoothed, self.low, self.high, self.valid)
            rate, low, high, valid = (float(values[index]) for values in drawn)
            counts = f"{self.failures[index]} failures in {self.visits[index]} probes"
            counts = counts if self.visits[index] else "never visited: guessed from its neighbours"
            some = f"<br>not asked of {percent(1 - valid)} of classes: no right answer" if valid < 1 else ""
            rated = f"fails {percent(rate)} (95 %: {interval(low, high)})"
            lines.append(f"<b>{plain(label)}</b><br>{rated}<br>{counts}{some}")
        return lines


def cells(landscape: Landscape, axes: tuple[int, ...] | None = None) -> Cells:
    """The landscape on some axes; where none are chosen and it has more than three, those whose marginals spread most.

    Over the others, rates and the ends of their intervals are averaged, which errs on the wide side: the interval of a
    mean is no wider than the mean of the intervals.
    """
    axes = main_axes(landscape) if axes is None else axes
    rest = tuple(axis for axis in range(len(landscape.space.shape)) if axis not in axes)
    weights = landscape.weights.reshape(landscape.space.shape)
    smoothed, low, high = (
        _mean(landscape.values(name), weights, rest) for name in ("smoothed", "smoothed_low", "smoothed_high")
    )
    visits, failures = (landscape.values(name).sum(axis=rest) for name in ("visits", "failures"))
    valid = landscape.space.valid_share(landscape.space.grid()).reshape(landscape.space.shape).mean(axis=rest)
    concepts = tuple(landscape.space.concepts[axis] for axis in axes)
    averaged = tuple(landscape.space.names[axis] for axis in rest)
    return Cells(concepts, averaged, smoothed, low, high, visits, failures, np.asarray(valid))


def _mean(values: np.ndarray, weights: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """The weighted mean over axes of what exists; NaN where nothing does."""
    there = ~np.isnan(values)
    total, n = (np.where(there, part, 0.0).sum(axis=axes) for part in (weights * values, weights))
    return np.divide(total, n, out=np.full(np.shape(total), np.nan), where=n > 0)


def main_axes(landscape: Landscape, n: int = MAX_AXES) -> tuple[int, ...]:
    """The ``n`` axes whose marginal failure rates spread most, in the order of the grid."""
    rates = [landscape.slice_rates(axis)["smoothed"] for axis in range(len(landscape.space.shape))]
    spread = [marginal.max() - marginal.min() for marginal in rates]
    return tuple(sorted(np.argsort(spread, kind="stable")[::-1][:n].tolist()))
