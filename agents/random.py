"""The honest baseline: every point, or every step of a walk, equally likely, whatever the item.

Shapes: ``B`` environments, ``K`` concepts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from failscape.agents.session import Session
from failscape.envs.mdp import ConceptMDP
from failscape.envs.views import ConceptVectorEnv, slot_seeds


def explore_random(envs: ConceptVectorEnv, session: Session, seed: int, hyperparameters: Mapping[str, Any]) -> None:
    """Spend the budget on uniform random points of random items, or on random walks."""
    rng = np.random.default_rng(seed)
    envs.reset(seed=slot_seeds(seed, envs.num_envs))
    n_choices = envs.mdp.space.n_points if envs.mdp.moves.n_steps else int(envs.mdp.action_space.n)
    for actions in uniform_actions(envs.mdp, rng, envs.num_envs):
        session.recorder.propensity = np.full(envs.num_envs, 1 / n_choices)
        envs.step(actions)
        session.tick({})
        if session.done:
            return


def uniform_actions(mdp: ConceptMDP, rng: np.random.Generator, n: int) -> Iterator[np.ndarray]:
    """Actions ``(B,)`` without end. Axis by axis they lead to uniform points, however many levels each axis has."""
    while True:
        if mdp.moves.name == "factored":
            yield from mdp.space.point(rng.integers(mdp.space.n_points, size=n)).T
        else:
            yield rng.integers(int(mdp.action_space.n), size=n)
