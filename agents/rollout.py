"""Plays whole episodes without exploring: where a policy takes each item, however many steps that needs.

Shapes: ``N`` items, ``D`` observation size.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from failscape.envs.mdp import ConceptMDP
from failscape.envs.state import State

Act = Callable[[np.ndarray], np.ndarray]  # observations (N, D) -> actions (N,)


def choose(mdp: ConceptMDP, items: np.ndarray, act: Act) -> State:
    """The states in which episodes of fixed length ask the target, which is not asked here."""
    assert mdp.scheme.n_steps is not None
    state = mdp.initial(items)
    for _ in range(mdp.scheme.n_steps):
        state = mdp.transition(state, act(mdp.observe(state)))
    return state


def walk(mdp: ConceptMDP, items: np.ndarray, act: Act) -> tuple[State, int]:
    """Where walks end, and the queries that took: the target is asked at every step, for the agent is told of it."""
    assert mdp.scheme.max_steps is not None
    state = mdp.initial(items)
    columns = [column.copy() for column in state]
    walking, n_queries = np.arange(len(items)), 0
    while len(walking):
        before = State(*(column[walking] for column in columns))
        after = mdp.transition(before, act(mdp.observe(before)))
        after, _ = mdp.apply_outcome(before, after, mdp.evaluate(after))
        n_queries += len(walking)
        for column, values in zip(columns, after, strict=True):
            column[walking] = values
        walking = walking[~(mdp.terminal(after) | mdp.truncated(after))]
    return State(*columns), n_queries
