"""Bandits over the points of the grid: UCB1 and Thompson sampling. They do not look at the item.

Shapes: ``B`` probes side by side, ``P`` points.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from failscape.agents.search.probing import probe
from failscape.agents.session import Session
from failscape.envs.gym_views import ConceptVectorEnv, explorable
from failscape.envs.mdp import ConceptMDP
from failscape.errors import UsageError
from failscape.records.policy import PolicyTable

PRIOR = 10  # probes that a point's own rate must outweigh


class Arms:
    """What a bandit knows: how often each point was tried, and how often the target failed there."""

    def __init__(self, n_points: int) -> None:
        self.visits, self.failures = np.zeros(n_points, np.int64), np.zeros(n_points, np.int64)
        self.n_updates = 0

    def tell(self, points: np.ndarray, failed: np.ndarray) -> None:
        """Take in outcomes, ``(B,), (B,)`` bool."""
        np.add.at(self.visits, points, 1)
        np.add.at(self.failures, points, failed)
        self.n_updates += 1

    @property
    def mean(self) -> np.ndarray:
        """Failure rate of each point ``(P,)``, drawn by the weight of ``PRIOR`` probes towards that of all points.

        So a point that was never tried, or once and failed, is not the worst of all.
        """
        overall = self.failures.sum() / max(self.visits.sum(), 1)
        return (self.failures + PRIOR * overall) / (self.visits + PRIOR)

    def best(self, mdp: ConceptMDP, items: np.ndarray) -> np.ndarray:
        """The point of highest mean, for all items alike."""
        return np.full(len(items), int(self.mean.argmax()))

    def policy(self, mdp: ConceptMDP, items: np.ndarray) -> PolicyTable | None:
        """None: it has counts and no values."""
        return None

    def save(self, path: Path) -> None:
        """Write the counts."""
        save_file({"visits": torch.from_numpy(self.visits), "failures": torch.from_numpy(self.failures)}, path)


Choose = Callable[[Arms, np.random.Generator, int], np.ndarray]


def ucb1(arms: Arms, rng: np.random.Generator, n: int) -> np.ndarray:
    """Points of the highest upper confidence bound (Auer, Cesa-Bianchi and Fischer 2002, figure 1): ``(n,)``.

    A point that was chosen for one slot counts as visited for the next, though its outcome is not known yet: without
    that, all slots would choose the same point. Points never visited come first, and chance decides between equals.
    """
    visits = arms.visits.astype(float)
    rates = arms.failures / np.maximum(arms.visits, 1)
    chosen = np.zeros(n, np.int64)
    for slot in range(n):
        width = np.sqrt(2 * np.log(max(visits.sum(), 1)) / np.maximum(visits, 1))
        bounds = np.where(visits > 0, rates + width, np.inf)
        chosen[slot] = rng.choice(np.flatnonzero(bounds == bounds.max()))
        visits[chosen[slot]] += 1
    return chosen


def thompson(arms: Arms, rng: np.random.Generator, n: int) -> np.ndarray:
    """For each slot the highest of one draw from every point's Beta posterior (Thompson 1933): ``(n,)``."""
    draws = rng.beta(arms.failures + 1, arms.visits - arms.failures + 1, size=(n, len(arms.visits)))
    return draws.argmax(axis=1)


def explore_ucb1(envs: ConceptVectorEnv, session: Session, seed: int, hyperparameters: Mapping[str, Any]) -> Arms:
    """Play UCB1; ``hyperparameters`` hold ``uniform_share``, of probes at uniform points, for the landscape's sake."""
    return play(envs, session, seed, ucb1, **hyperparameters)


def explore_thompson(envs: ConceptVectorEnv, session: Session, seed: int, hyperparameters: Mapping[str, Any]) -> Arms:
    """Play Thompson sampling; ``hyperparameters`` as for :func:`explore_ucb1`."""
    return play(envs, session, seed, thompson, **hyperparameters)


def play(envs: ConceptVectorEnv, session: Session, seed: int, choose: Choose, uniform_share: float) -> Arms:
    """Spend the budget on the points that ``choose`` picks, each for a uniform random item."""
    check_share(uniform_share)
    arms, pool = Arms(envs.mdp.space.n_points), explorable(envs.mdp)
    items, uniform_draws, choices = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(3))
    while not session.done:
        points = share_out(choose(arms, choices, envs.num_envs), uniform_share, len(arms.visits), uniform_draws)
        metrics = {"best": float(arms.mean.max())}
        outcome = probe(envs, session, items.choice(pool, envs.num_envs), points, metrics)
        arms.tell(points, outcome.failed)
    return arms


def share_out(points: np.ndarray, share: float, n_points: int, rng: np.random.Generator) -> np.ndarray:
    """Points ``(B,)``, each replaced by a uniform one with probability ``share``."""
    uniform = rng.integers(n_points, size=len(points))
    return np.where(rng.random(len(points)) < share, uniform, points)


def check_share(share: float) -> None:
    """Refuse what is no share."""
    if not 0 <= share <= 1:
        raise UsageError(f"uniform_share must lie in [0, 1], got {share}")
