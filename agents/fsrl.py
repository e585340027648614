"""FSRL's search baselines (arXiv 2406.07145, released code): they choose the item's class; the point is uniform.

Shapes: ``B`` probes side by side, ``C`` classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from failscape.agents.probing import probe
from failscape.agents.session import Session
from failscape.envs.mdp import ConceptMDP
from failscape.envs.views import ConceptVectorEnv, explorable


class Classes:
    """The items that may be explored, by class."""

    def __init__(self, mdp: ConceptMDP) -> None:
        items = explorable(mdp)
        self.labels, self.of = np.unique(mdp.items.references[items], return_inverse=True)
        self._items = [items[self.of == c] for c in range(len(self.labels))]

    def __len__(self) -> int:
        return len(self.labels)

    def draw(self, classes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A uniform item of each class, ``(B,) -> (B,)``."""
        return np.array([rng.choice(self._items[c]) for c in classes], np.int64)


def explore_epsilon(envs: ConceptVectorEnv, session: Session, seed: int, hyperparameters: Mapping[str, Any]) -> None:
    """What FSRL calls epsilon-greedy: classes are drawn by weights that a failure raises and a success lowers.

    Args:
        envs: what to explore.
        session: counts the budget.
        seed: of everything random.
        hyperparameters: ``epsilon``, by how much an outcome moves the weight of its class, and ``floor``, the least
            weight; at first all classes weigh ``1 / C``, or the floor.
    """
    epsilon, floor = hyperparameters["epsilon"], hyperparameters["floor"]
    classes, rng = Classes(envs.mdp), np.random.default_rng(seed)
    weights = np.full(len(classes), max(1 / len(classes), floor))
    while not session.done:
        chosen = rng.choice(len(classes), size=envs.num_envs, p=weights / weights.sum())
        failed = _probe_uniformly(envs, session, classes.draw(chosen, rng), rng)
        for c, fails in zip(chosen, failed, strict=True):  # one after another, for the floor's sake
            weights[c] = max(floor, weights[c] + (epsilon if fails else -epsilon))


def explore_threshold(envs: ConceptVectorEnv, session: Session, seed: int, hyperparameters: Mapping[str, Any]) -> None:
    """Stay with a class until the target has held ``threshold`` times, then go on to a random other one.

    Each slot follows the rule for itself: side by side they do what as many searches would do alone.
    """
    classes, rng = Classes(envs.mdp), np.random.default_rng(seed)
    current = rng.integers(len(classes), size=envs.num_envs)
    held = np.zeros(envs.num_envs, np.int64)
    while not session.done:
        held += ~_probe_uniformly(envs, session, classes.draw(current, rng), rng)
        full = held >= hyperparameters["threshold"]
        others = (current + rng.integers(1, max(len(classes), 2), size=len(current))) % len(classes)
        current = np.where(full, others, current)
        held[full] = 0


def _probe_uniformly(
    envs: ConceptVectorEnv, session: Session, items: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    points = rng.integers(envs.mdp.space.n_points, size=len(items))
    return probe(envs, session, items, points, {})[1].failed
