"""What a trained agent is worth: its greedy choice on items it never saw, against a random one.

Shapes: ``N`` items, ``P`` points.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from failscape.agents.dqn import ConceptDQN
from failscape.envs.mdp import ConceptMDP
from failscape.records.policy import PolicyTable

BATCH = 256


class Evaluated(NamedTuple):
    """Failures of one choice of point per item."""

    points: np.ndarray  # (N,) rows of the grid
    failed: np.ndarray  # (N,) bool


def greedy_points(agent: ConceptDQN, mdp: ConceptMDP, items: np.ndarray) -> np.ndarray:
    """The agent's best point for each unedited item, with exploration off: ``(N,) -> (N,)``."""
    return agent.q_values(mdp.observe(mdp.initial(items))).argmax(axis=1)


def evaluate_points(mdp: ConceptMDP, items: np.ndarray, points: np.ndarray) -> Evaluated:
    """What the target does with each item at its point; ``N`` queries."""
    failed = []
    for start in range(0, len(items), BATCH):
        batch = slice(start, start + BATCH)
        state = mdp.transition(mdp.initial(items[batch]), points[batch])
        failed.append(mdp.evaluate(state).failed)
    return Evaluated(points, np.concatenate(failed) if failed else np.zeros(0, bool))


def evaluate_random(mdp: ConceptMDP, items: np.ndarray, seed: int) -> Evaluated:
    """A uniform random point for each item."""
    rng = np.random.default_rng(seed)
    return evaluate_points(mdp, items, rng.integers(mdp.space.n_points, size=len(items)))


def policy_table(agent: ConceptDQN, mdp: ConceptMDP, items: np.ndarray) -> PolicyTable:
    """FSRL's landscape of the agent: softmax of Q over the given items."""
    return PolicyTable.from_q(agent.q_values(mdp.observe(mdp.initial(items))), agent._n_updates)
