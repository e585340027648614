"""A step for explorers that choose item and point themselves, where an environment would draw the item.

Shapes: ``B`` probes.
"""

from __future__ import annotations

import numpy as np

from failscape.agents.session import Session
from failscape.envs.gym_views import ConceptVectorEnv
from failscape.envs.state import Outcome


def probe(
    envs: ConceptVectorEnv,
    session: Session,
    items: np.ndarray,
    points: np.ndarray,
    metrics: dict[str, float],
    propensity: np.ndarray | None = None,
) -> Outcome:
    """Ask the target about items ``(B,)`` at rows of the grid ``(B,)``, and record it.

    A landscape weighs the probes of a point by how unlikely they were for their items, relative to each other. An
    explorer that draws items evenly and does not look at them is as likely to show a point one item as another: it
    need not say its ``propensity``, and all probes of a point weigh alike, however often it prefers the point.
    """
    state = envs.mdp.transition(envs.mdp.initial(items), points)
    outcome, cached = envs.evaluator.ask(envs.mdp.probes(state))
    session.recorder.propensity = propensity
    session.recorder.weigh(envs.mdp.crowding(state))
    session.recorder.record(state, outcome, cached)
    session.tick(metrics)
    return outcome
