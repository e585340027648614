"""Outcomes that are known already: from this run's memory, or from the records of the run that is resumed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from failscape.envs.evaluator import Evaluator
from failscape.envs.state import Outcome, Probes
from failscape.errors import UsageError


class Recorded(NamedTuple):
    """A step of ``B`` probes, as records have it."""

    items: np.ndarray  # (B, M)
    point: np.ndarray  # (B, K)
    outcome: Outcome
    cached: np.ndarray  # (B,) bool


class CachedEvaluator:
    """Asks another evaluator only for what is not known: at most once per batch.

    Args:
        evaluator: is asked.
        capacity: outcomes remembered, the least recently used forgotten first; 0 remembers nothing.
        recorded: the steps of the run that is resumed, in order; they are answered without asking.
    """

    def __init__(self, evaluator: Evaluator, capacity: int = 0, recorded: Iterator[Recorded] | None = None) -> None:
        self.evaluator, self.capacity = evaluator, capacity
        self.n_queries = 0
        self._known: OrderedDict[bytes, tuple[Any, ...]] = OrderedDict()
        self._recorded = recorded or iter(())

    def evaluate(self, probes: Probes) -> Outcome:
        """Outcomes ``(B,)``."""
        return self.ask(probes)[0]

    def ask(self, probes: Probes) -> tuple[Outcome, np.ndarray]:
        """Outcomes ``(B,)`` and which of them were remembered ``(B,)`` bool."""
        step = next(self._recorded, None)
        if step is not None:
            outcome, cached = self._replay(probes, step)
        elif self.capacity:
            return self._look_up(probes)
        else:
            outcome, cached = self.evaluator.evaluate(probes), np.zeros(len(probes.seed), bool)
        self.n_queries += int((~cached).sum())
        return outcome, cached

    def _replay(self, probes: Probes, step: Recorded) -> tuple[Outcome, np.ndarray]:
        if not (np.array_equal(step.items, probes.items) and np.array_equal(step.point, probes.point)):
            raise UsageError("the records do not fit this configuration: a replayed step chose other items or points")
        if self.capacity:
            self._remember(probes.keys, step.outcome)
        return step.outcome, step.cached

    def _look_up(self, probes: Probes) -> tuple[Outcome, np.ndarray]:
        keys = probes.keys
        cached = np.array([key in self._known for key in keys])
        first = {key: i for i, key in reversed(list(enumerate(keys))) if not cached[i]}  # a probe twice is asked once
        ask = np.array(sorted(first.values()), np.int64)
        if len(ask):
            fresh = self.evaluator.evaluate(probes.rows(ask))
            self.n_queries += len(ask)
            rows = {keys[i]: row for i, row in zip(ask, zip(*fresh, strict=True), strict=True)}
        else:
            rows = {}
        table = [rows[key] if key in rows else self._known[key] for key in keys]
        outcome = Outcome(*(_column(values) for values in zip(*table, strict=True)))
        self._remember(keys, outcome)
        answered = np.ones(len(keys), bool)
        answered[ask] = False
        return outcome, answered

    def _remember(self, keys: list[bytes], outcome: Outcome) -> None:
        for key, row in zip(keys, zip(*outcome, strict=True), strict=True):
            self._known[key] = row
            self._known.move_to_end(key)
        while len(self._known) > self.capacity:
            self._known.popitem(last=False)


def _column(values: tuple[Any, ...]) -> np.ndarray:
    """Values as an array; words as objects, which have no common width."""
    return np.array(values, object if isinstance(values[0], str) else None)
