"""Bayesian optimisation: a Gaussian process over the lattice says where the failure rate may be highest.

Shapes: ``B`` probes side by side, ``P`` points, ``C`` candidates, ``D`` coordinates.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern

from failscape.agents.search.bandits import Arms, check_share, share_out
from failscape.agents.search.probing import probe
from failscape.agents.session import Session
from failscape.concepts import ConceptSpace
from failscape.envs.gym_views import ConceptVectorEnv, explorable
from failscape.envs.mdp import ConceptMDP
from failscape.errors import UsageError
from failscape.records.policy import PolicyTable

MAX_POINTS = 500  # that a Gaussian process is fitted to, and that are candidates at a time


class Surrogate:
    """A Gaussian process of the failure rate, fitted to counts with their binomial noise.

    Of a large grid it is fitted to the points tried most often, ``MAX_POINTS`` of them, and knows nothing of the rest.

    The kernel's amplitude and length scales maximise the marginal likelihood (Rasmussen and Williams 2006, equation
    2.30) anew at each fit.
    """

    def __init__(self, space: ConceptSpace, rng: np.random.Generator) -> None:
        self.space, self.rng = space, rng
        self.arms, self.n_updates = Arms(space.n_points), 0
        self._kernel: Any = ConstantKernel(0.02, (1e-4, 1.0)) * Matern(
            np.ones(space.n_coordinates), (0.1, 20.0), nu=2.5
        )
        self.fit()

    def fit(self) -> None:
        """Fit to the points visited, and learn the posterior at the candidates."""
        seen = self._highest(self.arms.visits, MAX_POINTS)
        seen = seen[self.arms.visits[seen] > 0]
        self.candidates = self._candidates()
        if not len(seen):
            self.mean, self.root = np.zeros(len(self.candidates)), np.eye(len(self.candidates))
            return
        visits, failures = self.arms.visits[seen], self.arms.failures[seen]
        overall = failures.sum() / visits.sum()
        noise = max(overall * (1 - overall), 1e-3) / visits
        process = GaussianProcessRegressor(self._kernel, alpha=noise, random_state=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # a length scale at its bound is an answer
            process.fit(self._at(seen), failures / visits - overall)
            mean, covariance = process.predict(self._at(self.candidates), return_cov=True)
        self.mean, self.root = mean + overall, root(covariance)
        self.n_updates += 1

    def _candidates(self) -> np.ndarray:
        """All points of a small grid; of a large one, random ones and those that look worst so far."""
        n_points = self.space.n_points
        if n_points <= MAX_POINTS:
            return np.arange(n_points)
        worst = self._highest(self.arms.mean * (self.arms.visits > 0), MAX_POINTS // 2)
        random = self.rng.choice(n_points, MAX_POINTS // 2, replace=False)
        return np.union1d(worst, random)

    def _highest(self, values: np.ndarray, n: int) -> np.ndarray:
        """Points of the highest values; chance decides between equals, which in grid order would lie side by side."""
        order = self.rng.permutation(len(values))
        return order[np.argsort(-values[order], kind="stable")[:n]]

    def _at(self, points: np.ndarray) -> np.ndarray:
        return self.space.coordinates(self.space.point(points)).astype(np.float64)

    def draw(self, n: int) -> np.ndarray:
        """For each slot the highest candidate of a function drawn from the posterior, ``(n,)`` rows of the grid."""
        draws = self.mean + self.rng.normal(size=(n, self.root.shape[1])) @ self.root.T
        return self.candidates[draws.argmax(axis=1)]

    def best(self, mdp: ConceptMDP, items: np.ndarray) -> np.ndarray:
        """The candidate of highest posterior mean, for all items alike."""
        return np.full(len(items), int(self.candidates[self.mean.argmax()]))

    def policy(self, mdp: ConceptMDP, items: np.ndarray) -> PolicyTable | None:
        """None: it has rates and no values."""
        return None

    def save(self, path: Path) -> None:
        """Write the counts, and the posterior mean at the candidates."""
        columns: dict[str, np.ndarray] = {"visits": self.arms.visits, "failures": self.arms.failures}
        columns |= {"candidates": self.candidates, "mean": self.mean}
        save_file({name: torch.from_numpy(np.ascontiguousarray(values)) for name, values in columns.items()}, path)


def root(covariance: np.ndarray) -> np.ndarray:
    """A matrix whose product with its transpose is the covariance, which rounding may have made slightly negative."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0)))


def explore_bayes(envs: ConceptVectorEnv, session: Session, seed: int, hyperparameters: Mapping[str, Any]) -> Surrogate:
    """Spend the budget where a function drawn from the posterior is highest, a draw per slot.

    Drawing in place of maximising is what keeps parallel slots apart (Kandasamy et al. 2018, arXiv 1705.09236).

    Args:
        envs: what to explore.
        session: counts the budget.
        seed: of everything random.
        hyperparameters: ``refit``, steps between fits, and ``uniform_share`` of probes at uniform points.
    """
    share, refit = hyperparameters["uniform_share"], hyperparameters["refit"]
    check_share(share)
    if refit < 1:
        raise UsageError(f"refit must be 1 or more steps, got {refit}")
    items, uniform_draws, choices = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(3))
    surrogate, pool = Surrogate(envs.mdp.space, choices), explorable(envs.mdp)
    for step in count(1):
        if session.done:
            break
        points = share_out(surrogate.draw(envs.num_envs), share, envs.mdp.space.n_points, uniform_draws)
        metrics = {"best": float(surrogate.mean.max())}
        outcome = probe(envs, session, items.choice(pool, envs.num_envs), points, metrics)
        surrogate.arms.tell(points, outcome.failed)
        if step % refit == 0:
            surrogate.fit()
    surrogate.fit()
    return surrogate
