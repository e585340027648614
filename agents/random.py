"""The honest baseline: every point equally likely, whatever the item."""

from __future__ import annotations

import numpy as np

from failscape.agents.session import Session
from failscape.envs.views import ConceptVectorEnv, slot_seeds


def explore_random(envs: ConceptVectorEnv, session: Session, seed: int) -> None:
    """Spend the budget on uniform random points of random items."""
    n_points = envs.mdp.space.n_points
    rng = np.random.default_rng(seed)
    envs.reset(seed=slot_seeds(seed, envs.num_envs))
    while not session.done:
        session.recorder.propensity = np.full(envs.num_envs, 1 / n_points)
        envs.step(rng.integers(n_points, size=envs.num_envs))
        session.tick({})
