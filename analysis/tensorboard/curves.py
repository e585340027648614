"""The curves of a run while it goes: an exploration's progress, thinned to what is worth drawing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np

AVERAGED = ("return", "loss")  # metrics that jump from step to step: their mean since the last reading counts


class Progress(Protocol):
    """Where an exploration stands after a step, as explorers tell it."""

    @property
    def n_probes(self) -> int:
        """Probes so far."""

    @property
    def n_queries(self) -> int:
        """Target queries so far."""

    @property
    def n_failures(self) -> int:
        """Failures so far, repeats among them."""

    @property
    def n_failing(self) -> int:
        """Different (item, point) pairs found to fail."""

    @property
    def coverage(self) -> float:
        """Share of the points visited."""

    @property
    def metrics(self) -> dict[str, float]:
        """What the explorer has to say of itself."""


class Reading(NamedTuple):
    """Values to draw at a number of target queries."""

    n_queries: int
    scalars: dict[str, float]


class Curves:
    """Takes in every step and gives a reading every so many queries.

    Args:
        every: target queries between two readings.
        clock: seconds, for the speed.
    """

    def __init__(self, every: int = 250, clock: Callable[[], float] = time.perf_counter) -> None:
        self.every, self.clock = every, clock
        self._read = (0, 0, 0, clock())  # probes, failures, queries and seconds at the last reading
        self._latest: Progress | None = None
        self._metrics: dict[str, list[float]] = {}

    def take(self, progress: Progress) -> Reading | None:
        """A reading of ``explore/`` and ``agent/`` where one is due."""
        for name, value in progress.metrics.items():
            self._metrics.setdefault(name, []).append(value)
        self._latest = progress
        due = progress.n_queries - self._read[2] >= self.every
        return self.rest() if due else None

    def rest(self) -> Reading | None:
        """A reading of what came after the last one; None where nothing did."""
        if self._latest is None:
            return None
        now, (probes, failures, queries, seconds) = self._latest, self._read
        self._read = (now.n_probes, now.n_failures, now.n_queries, self.clock())
        scalars = {
            "explore/failure_rate": now.n_failures / max(now.n_probes, 1),
            "explore/failure_rate_recent": (now.n_failures - failures) / max(now.n_probes - probes, 1),
            "explore/discoveries": now.n_failing,
            "explore/coverage": now.coverage,
            "explore/queries_per_s": (now.n_queries - queries) / max(self._read[3] - seconds, 1e-9),
        }
        for name, values in self._metrics.items():
            scalars[f"agent/{name}"] = float(np.mean(values)) if name in AVERAGED else values[-1]
        self._latest, self._metrics = None, {}
        return Reading(now.n_queries, scalars)
