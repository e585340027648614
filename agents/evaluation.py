"""What a learner is worth: its choices on items it never saw, against random ones.

Shapes: ``N`` items, ``R`` random draws, ``P`` points.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from failscape.agents.base import Learner
from failscape.agents.rollout import Act, walk
from failscape.agents.sb3.learner import Sb3Learner
from failscape.envs.mdp import ConceptMDP

BATCH = 256
DRAWS = 10  # random edits per item, at most: of one each, the rate moves more from seed to seed than learners differ


class Evaluated(NamedTuple):
    """Failures of one choice of point, or of one walk, per item; of several random ones, a column each."""

    points: np.ndarray  # (N,) or (N, R) rows of the grid; -1 where a walk ended off it
    failed: np.ndarray  # (N,) or (N, R) bool
    n_queries: int


def confirmable(mdp: ConceptMDP) -> np.ndarray:
    """Held-out items that an episode could begin with, without copies; for walks, those that do not fail unedited."""
    return np.flatnonzero(mdp.items.held_out & mdp.items.distinct & mdp.scheme.can_start(mdp.baseline.failed))


def evaluate_best(learner: Learner, mdp: ConceptMDP, items: np.ndarray) -> Evaluated:
    """What the target does with each item at the learner's best point, or at the end of its walk."""
    if mdp.scheme.walks and isinstance(learner, Sb3Learner):
        return evaluate_walk(mdp, items, learner.act)
    return evaluate_points(mdp, items, learner.best(mdp, items))


def evaluate_points(mdp: ConceptMDP, items: np.ndarray, points: np.ndarray) -> Evaluated:
    """What the target does with each item at its point, ``(N,), (N,)``; ``N`` queries."""
    failed = []
    for start in range(0, len(items), BATCH):
        batch = slice(start, start + BATCH)
        failed.append(mdp.evaluate(mdp.reach(items[batch], mdp.space.point(points[batch]))).failed)
    return Evaluated(points, np.concatenate(failed) if failed else np.zeros(0, bool), len(items))


def evaluate_walk(mdp: ConceptMDP, items: np.ndarray, act: Act) -> Evaluated:
    """Whether each item fails at the end of a walk."""
    ends, n_queries = walk(mdp, items, act)
    return Evaluated(mdp.space.index(ends.points), ends.failed, n_queries)


def affordable_draws(n_items: int, budget: int) -> int:
    """How many random edits of each item take no more than half of what exploring may cost; one at least."""
    return int(np.clip(budget // 2 // max(n_items, 1), 1, DRAWS))


def evaluate_random(mdp: ConceptMDP, items: np.ndarray, seed: int, draws: int = DRAWS) -> Evaluated:
    """Uniform random points for each item, or random walks: ``(N, draws)``."""
    rng, repeated = np.random.default_rng(seed), np.repeat(items, draws)
    if mdp.scheme.walks:
        n_actions = int(mdp.action_space.n)
        asked = evaluate_walk(mdp, repeated, lambda observations: rng.integers(n_actions, size=len(observations)))
    else:
        asked = evaluate_points(mdp, repeated, rng.integers(mdp.space.n_points, size=len(repeated)))
    shape = len(items), draws
    return Evaluated(asked.points.reshape(shape), asked.failed.reshape(shape), asked.n_queries)
