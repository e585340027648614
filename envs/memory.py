"""Outcomes that are known already: from this run's memory, or from the records of the run that is resumed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import numpy as np

from failscape.envs.mdp import ConceptMDP, Outcome, State
from failscape.errors import UsageError

Recorded = Iterator[tuple[np.ndarray, np.ndarray, Outcome, np.ndarray]]  # items (B,), points (B, K), outcome, cached


class Outcomes:
    """Evaluates states, asking the target only for what is not known: at most one forward per call.

    Args:
        mdp: asks the target.
        capacity: outcomes remembered, the least recently used forgotten first; 0 remembers nothing.
        recorded: the steps of the run that is resumed, in order; they are answered without the target.
    """

    def __init__(
        self,
        mdp: ConceptMDP,
        capacity: int = 0,
        recorded: Recorded | None = None,
    ) -> None:
        self.mdp, self.capacity = mdp, capacity
        self.n_queries = 0
        self._known: OrderedDict[bytes, tuple[Any, ...]] = OrderedDict()
        self._recorded = recorded or iter(())

    def __call__(self, state: State) -> tuple[Outcome, np.ndarray]:
        """Outcomes ``(B,)`` and which of them were remembered ``(B,)`` bool."""
        if not self.mdp.asks(state):
            return self.mdp.unasked(state), np.ones(len(state.items), bool)
        step = next(self._recorded, None)
        if step is not None:
            outcome, cached = self._replay(state, step)
        elif self.capacity:
            return self._look_up(state)
        else:
            outcome, cached = self.mdp.evaluate(state), np.zeros(len(state.items), bool)
        self.n_queries += int((~cached).sum())
        return outcome, cached

    def _replay(
        self, state: State, step: tuple[np.ndarray, np.ndarray, Outcome, np.ndarray]
    ) -> tuple[Outcome, np.ndarray]:
        items, points, outcome, cached = step
        if not (np.array_equal(items, state.items) and np.array_equal(points, state.points)):
            raise UsageError("the records do not fit this configuration: a replayed step chose other items or points")
        if self.capacity:
            self._remember(self._keys(state), outcome)
        return outcome, cached

    def _look_up(self, state: State) -> tuple[Outcome, np.ndarray]:
        keys = self._keys(state)
        cached = np.array([key in self._known for key in keys])
        first = {key: i for i, key in reversed(list(enumerate(keys))) if not cached[i]}  # a pair twice is asked once
        ask = np.array(sorted(first.values()), np.int64)
        if len(ask):
            fresh = self.mdp.evaluate(State(*(column[ask] for column in state)))
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

    def _keys(self, state: State) -> list[bytes]:
        return [row.tobytes() for row in self.mdp.keys(state).astype(np.int64)]


def _column(values: tuple[Any, ...]) -> np.ndarray:
    """Values as an array; words as objects, which have no common width."""
    return np.array(values, object if isinstance(values[0], str) else None)
