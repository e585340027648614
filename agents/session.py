"""What an explorer works within: a budget, a way to stop, and someone to tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from failscape.envs.recording import Recorder


class Progress(NamedTuple):
    """Where an exploration stands after a step."""

    n_probes: int
    n_queries: int
    budget: int
    n_failures: int
    n_failing: int  # different (item, point) pairs found to fail
    coverage: float  # share of the points visited
    metrics: dict[str, float]  # what this explorer has to say of itself: epsilon, loss, ...


class Session:
    """Counts against the budget; explorers ask :attr:`done` and call :meth:`tick` after each step.

    Args:
        recorder: keeps the counts.
        budget: evaluations of the target that may be spent.
        listeners: called after every step.
        max_probes: stops a run whose choices are all remembered and so cost nothing; three budgets when omitted.
    """

    def __init__(
        self,
        recorder: Recorder,
        budget: int,
        listeners: Sequence[Callable[[Progress], None]] = (),
        max_probes: int | None = None,
    ) -> None:
        self.recorder, self.budget, self.listeners = recorder, budget, tuple(listeners)
        self.max_probes = max_probes or 3 * budget
        self.stopped = False  # someone asked to end after this step

    @property
    def done(self) -> bool:
        """Whether to stop: the budget is spent, or someone asked."""
        spent = self.recorder.n_queries >= self.budget or self.recorder.n_probes >= self.max_probes
        return spent or self.stopped

    @property
    def share(self) -> float:
        """Share of the budget spent, in [0, 1]."""
        return min(1.0, self.recorder.n_queries / self.budget)

    def tick(self, metrics: dict[str, float]) -> None:
        """Tell the listeners where things stand."""
        r = self.recorder
        coverage = float((r.visits > 0).mean())
        progress = Progress(r.n_probes, r.n_queries, self.budget, r.n_failures, len(r.failing), coverage, metrics)
        for listener in self.listeners:
            listener(progress)
