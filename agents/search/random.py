"""The honest baseline: every point, or every step of a walk, equally likely, whatever the item.

Shapes: ``B`` environments, ``K`` concepts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from failscape.agents.session import Session
from failscape.envs.gym_views import ConceptVectorEnv, slot_seeds


def explore_random(envs: ConceptVectorEnv, session: Session, seed: int, hyperparameters: Mapping[str, Any]) -> None:
    """Spend the budget on uniform random points of random items, or on random walks."""
    rng, scheme = np.random.default_rng(seed), envs.mdp.scheme
    envs.reset(seed=slot_seeds(seed, envs.num_envs))
    while True:
        for actions in scheme.uniform(rng, envs.num_envs):
            session.recorder.propensity = np.full(envs.num_envs, 1 / scheme.n_uniform)
            envs.step(actions)
            session.tick({})
            if session.done:
                return
