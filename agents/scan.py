"""The exhaustive scan: every item at every point. The truth that other explorers are measured against."""

from __future__ import annotations

import numpy as np

from failscape.agents.session import Session
from failscape.envs.views import ConceptVectorEnv


def scan(envs: ConceptVectorEnv, session: Session, items: np.ndarray) -> None:
    """Evaluate each of ``items`` at each point once, in batches of ``envs.num_envs``, point by point.

    A budget below the number of pairs ends it early, after the batch that spends it.
    """
    mdp = envs.mdp
    n_points = mdp.space.n_points
    pairs = np.stack(np.divmod(np.arange(n_points * len(items)), len(items)), axis=1)  # (point, which item)
    for start in range(0, len(pairs), envs.num_envs):
        if session.done:
            return
        points, which = pairs[start : start + envs.num_envs].T
        state = mdp.transition(mdp.initial(items[which]), points)
        outcome, cached = envs.outcomes(state)
        session.recorder.propensity = np.full(len(points), 1 / n_points)
        session.recorder.record(state, outcome, cached)
        session.tick({})
