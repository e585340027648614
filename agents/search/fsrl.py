"""FSRL's search baselines (arXiv 2406.07145, released code): they choose the item's class; the point is uniform.

Shapes: ``B`` probes side by side, ``C`` classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from failscape.agents.search.probing import probe
from failscape.agents.session import Session
from failscape.envs.gym_views import ConceptVectorEnv, explorable
from failscape.envs.mdp import ConceptMDP
from failscape.errors import UsageError


class Classes:
    """The items that may be explored, by class.

    Raises:
        UsageError: the grid has an axis for the class, which its points would choose instead.
    """

    def __init__(self, mdp: ConceptMDP) -> None:
        if mdp.space.group_axis is not None:
            raise UsageError("FSRL's baselines choose the item's class, which is a concept of this grid; leave it out")
        items = explorable(mdp)
        self.labels, of = np.unique(mdp.items.group[items], return_inverse=True)
        self._items = [items[of == c] for c in range(len(self.labels))]
        self.sizes = np.bincount(of)

    def __len__(self) -> int:
        return len(self.labels)

    def draw(self, classes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A uniform item of each class, ``(B,) -> (B,)``."""
        return np.array([rng.choice(self._items[c]) for c in classes], np.int64)


def explore_epsilon(envs: ConceptVectorEnv, session: Session, seed: int, hyperparameters: Mapping[str, Any]) -> None:
    """What FSRL calls epsilon-greedy: classes are drawn by weights that a failure raises and a success lowers.

    All weigh 1 at first. The propensity recorded is that of item and point together, so that what is counted is
    corrected for the classes drawn more often.

    Args:
        envs: what to explore.
        session: counts the budget.
        seed: of everything random.
        hyperparameters: ``epsilon``, by how much an outcome moves the weight of its class, and ``floor``, the least
            weight, above 0.
    """
    epsilon, floor = hyperparameters["epsilon"], hyperparameters["floor"]
    if epsilon < 0 or floor <= 0:
        raise UsageError(f"epsilon must not be negative and floor must be above 0, got {epsilon} and {floor}")
    classes, rng, n_points = Classes(envs.mdp), np.random.default_rng(seed), envs.mdp.space.n_points
    weights = np.ones(len(classes))
    while not session.done:
        shares = weights / weights.sum()
        chosen = rng.choice(len(classes), size=envs.num_envs, p=shares)
        items, points = classes.draw(chosen, rng), rng.integers(n_points, size=envs.num_envs)
        outcome = probe(envs, session, items, points, {}, shares[chosen] / classes.sizes[chosen] / n_points)
        for c, fails in zip(chosen, outcome.failed, strict=True):  # one after another, for the floor's sake
            weights[c] = max(floor, weights[c] + (epsilon if fails else -epsilon))


def explore_threshold(envs: ConceptVectorEnv, session: Session, seed: int, hyperparameters: Mapping[str, Any]) -> None:
    """Stay with a class until the target has held ``threshold`` times, not in a row, then go on to a random one.

    Each slot follows the rule for itself: side by side they do what as many searches would do alone. The propensity
    recorded is that of the point alone: while a slot stays, other classes have no chance, and no weight corrects for
    that. The rates of such a run are those of the classes it stayed with.

    Args:
        envs: what to explore.
        session: counts the budget.
        seed: of everything random.
        hyperparameters: ``threshold``, 1 or more.
    """
    threshold, n_points = hyperparameters["threshold"], envs.mdp.space.n_points
    if threshold < 1:
        raise UsageError(f"threshold must be 1 or more, got {threshold}")
    classes, rng = Classes(envs.mdp), np.random.default_rng(seed)
    current = rng.integers(len(classes), size=envs.num_envs)
    held = np.zeros(envs.num_envs, np.int64)
    even = np.full(envs.num_envs, 1 / n_points)
    while not session.done:
        items, points = classes.draw(current, rng), rng.integers(n_points, size=envs.num_envs)
        held += ~probe(envs, session, items, points, {}, even).failed
        full = held >= threshold
        current = np.where(full, rng.integers(len(classes), size=envs.num_envs), current)
        held[full] = 0
