"""A step for explorers that choose item and point themselves, where an environment would draw the item.

Shapes: ``B`` probes.
"""

from __future__ import annotations

import numpy as np

from failscape.agents.session import Session
from failscape.envs.mdp import Outcome, State
from failscape.envs.views import ConceptVectorEnv


def probe(
    envs: ConceptVectorEnv,
    session: Session,
    items: np.ndarray,
    points: np.ndarray,
    metrics: dict[str, float],
) -> tuple[State, Outcome]:
    """Ask the target about items ``(B,)`` at rows of the grid ``(B,)``, and record it.

    The propensity recorded is that of a uniform point. A landscape weighs the probes of a point by how unlikely they
    were for their items, relative to each other. An explorer that chooses points without looking at the item is as
    likely to show a point one item as another, so the weights within a point are equal, whatever it prefers.
    """
    state = envs.mdp.transition(envs.mdp.initial(items), points)
    outcome, cached = envs.outcomes(state)
    session.recorder.propensity = np.full(len(items), 1 / envs.mdp.space.n_points)
    session.recorder.record(state, outcome, cached)
    session.tick(metrics)
    return state, outcome
