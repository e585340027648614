"""The exhaustive scan: every item at every point. The truth that other explorers are measured against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from failscape.agents.session import Session
from failscape.envs.gym_views import ConceptVectorEnv, explorable
from failscape.envs.mdp import ConceptMDP


def scan(envs: ConceptVectorEnv, session: Session, seed: int, hyperparameters: Mapping[str, Any]) -> None:
    """Evaluate each item that is scanned at each point once, in batches of ``envs.num_envs``, point by point.

    Where the axes say which items, an item is shown only at the points that it suits. A budget below the number of
    pairs ends it early, after the batch that spends it.
    """
    mdp = envs.mdp
    items, points = scanned(mdp)
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


def scanned(mdp: ConceptMDP) -> tuple[np.ndarray, np.ndarray]:
    """Items and rows of the grid that a scan asks for: ``(M,), (M,)``.

    The items that may be explored. Where items lie at points, the held-out ones come last: the landscape then is of all
    that there is, while failure modes are still found without them.
    """
    items, points = mdp.pairs(explorable(mdp))
    if mdp.has_unedited:
        return items, points
    last = mdp.pairs(np.flatnonzero(mdp.items.held_out))
    return np.concatenate([items, last[0]]), np.concatenate([points, last[1]])
