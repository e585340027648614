"""The exhaustive scan: every item at every point. The truth that other explorers are measured against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from failscape.agents.session import Session
from failscape.envs.mdp import ConceptMDP
from failscape.envs.views import ConceptVectorEnv, explorable


def scan(envs: ConceptVectorEnv, session: Session, seed: int, hyperparameters: Mapping[str, Any]) -> None:
    """Evaluate each item that may be explored at each point once, in batches of ``envs.num_envs``, point by point.

    Where the grid has a slice, an item is shown only at the points of its class. A budget below the number of pairs
    ends it early, after the batch that spends it.
    """
    mdp = envs.mdp
    items, points = pairs(mdp, explorable(mdp))
    for start in range(0, len(items), envs.num_envs):
        if session.done:
            return
        batch = slice(start, start + envs.num_envs)
        state = mdp.at(items[batch], mdp.space.point(points[batch]))
        # As after the last step of an episode, the only one in which a target that is approached axis by axis is asked.
        state = state._replace(steps=np.full(len(state.items), mdp.scheme.n_steps or 1))
        outcome, cached = envs.evaluator.ask(mdp.probes(state))
        session.recorder.propensity = np.full(len(state.items), 1 / mdp.space.n_points)
        session.recorder.record(state, outcome, cached)
        session.tick({})


def pairs(mdp: ConceptMDP, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Items and rows of the grid, every one with every other that its class allows: ``(N,) -> (M,), (M,)``."""
    points, which = np.divmod(np.arange(mdp.space.n_points * len(items)), len(items))
    fits = mdp.space.suits(mdp.space.point(points), mdp.items.group[items[which]])
    return items[which][fits], points[fits]
