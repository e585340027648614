"""A landscape brought down to the three axes a picture can show.

Shapes: ``K`` axes kept (at most 3), ``L1, ..., LK`` their levels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from failscape.analysis.landscape import Landscape
from failscape.analysis.plots.style import UNSURE, interval, percent
from failscape.analysis.statistics import wilson
from failscape.concepts.base import Concept

MAX_AXES = 3


@dataclass(frozen=True)
class Cells:
    """What a picture draws; every array is ``(L1, ..., LK)``, rates in [0, 1]."""

    concepts: tuple[Concept, ...]  # of the axes kept
    averaged: tuple[str, ...]  # names of the axes averaged over
    smoothed: np.ndarray
    rate: np.ndarray  # corrected for propensity; NaN where unvisited
    low: np.ndarray
    high: np.ndarray
    visits: np.ndarray
    failures: np.ndarray

    @property
    def certainty(self) -> np.ndarray:
        """1 less the width of the 95 % interval, in [0, 1]."""
        return 1 - (self.high - self.low)

    @property
    def unsure(self) -> np.ndarray:
        """Where the interval is too wide to rely on, or nothing was tried."""
        return (self.visits == 0) | (self.high - self.low > UNSURE)

    @property
    def note(self) -> str:
        """Which axes are not shown, in words; empty where all are."""
        return f"averaged over {', '.join(self.averaged)}" if self.averaged else ""

    def hover(self) -> list[str]:
        """A few lines on each cell, in C order."""
        lines = []
        for index in np.ndindex(self.smoothed.shape):
            label = ", ".join(c.label(level) for c, level in zip(self.concepts, index, strict=True))
            smoothed = percent(float(self.smoothed[index]))
            lines.append(f"<b>{label}</b><br>smoothed {smoothed}<br>{self._measured(index)}")
        return lines

    def _measured(self, index: tuple[int, ...]) -> str:
        if not self.visits[index]:
            return "never visited"
        bounds = interval(self.low[index], self.high[index])
        counts = f"{self.failures[index]} failures in {self.visits[index]} probes"
        return f"measured {percent(self.rate[index])} (95 %: {bounds})<br>{counts}"


def cells(landscape: Landscape) -> Cells:
    """The landscape on its axes; where it has more than three, on those whose marginals spread most.

    Over the others, smoothed rates are averaged; measured rates are averaged over the visited points, with the
    effective number of trials of that mean, ``m^2 / sum(1 / n)``.
    """
    axes = main_axes(landscape)
    rest = tuple(axis for axis in range(len(landscape.space.shape)) if axis not in axes)
    concepts = tuple(landscape.space.concepts[axis] for axis in axes)
    smoothed, visits, failures = (landscape.values(name) for name in ("smoothed", "visits", "failures"))
    if not rest:
        rate, low, high = (landscape.values(name) for name in ("rate", "low", "high"))
        return Cells(concepts, (), smoothed, rate, low, high, visits, failures)
    averaged = tuple(landscape.space.names[axis] for axis in rest)
    rate, low, high = _measured(landscape.values("rate"), landscape.values("trials"), rest)
    visits, failures = (values.sum(axis=rest) for values in (visits, failures))
    return Cells(concepts, averaged, smoothed.mean(axis=rest), rate, low, high, visits, failures)


def _measured(rate: np.ndarray, trials: np.ndarray, rest: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    seen = trials > 0
    n_seen = seen.sum(axis=rest)
    some = n_seen > 0
    total = np.where(seen, rate, 0).sum(axis=rest)
    mean = np.divide(total, n_seen, out=np.full(total.shape, np.nan), where=some)
    inverse = np.divide(1, trials, out=np.zeros(seen.shape), where=seen).sum(axis=rest)
    effective = np.divide(n_seen**2, inverse, out=np.zeros(total.shape), where=some)
    low, high = wilson(np.nan_to_num(mean) * effective, effective)
    return mean, low, high


def main_axes(landscape: Landscape, n: int = MAX_AXES) -> tuple[int, ...]:
    """The ``n`` axes whose marginal failure rates spread most, in the order of the grid."""
    spread = [np.ptp(landscape.slice_rates(axis)["smoothed"]) for axis in range(len(landscape.space.shape))]
    return tuple(sorted(np.argsort(spread, kind="stable")[::-1][:n].tolist()))
