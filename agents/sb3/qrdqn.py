"""Quantile-regression DQN (Dabney et al. 2018, arXiv 1710.10044), sb3_contrib's, as an explorer.

Shapes: ``N`` items, ``A`` actions, ``Q`` quantiles.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from sb3_contrib import QRDQN

from failscape.agents.sb3.learner import Sb3Learner
from failscape.agents.sb3.off_policy import EpsilonByQuery, buffer_size, spend
from failscape.agents.sb3.vec_env import Sb3VecEnv
from failscape.agents.session import Session
from failscape.envs.gym_views import ConceptVectorEnv


class ConceptQRDQN(EpsilonByQuery, QRDQN):
    """QR-DQN that explores by query share."""


def explore_qrdqn(
    envs: ConceptVectorEnv, session: Session, seed: int, hyperparameters: Mapping[str, Any]
) -> Sb3Learner:
    """A trained agent, whose value of an action is the mean of its quantiles; the session's budget is spent.

    Args:
        envs: what to explore.
        session: counts the budget.
        seed: of everything random.
        hyperparameters: keyword arguments of sb3_contrib's ``QRDQN``, and ``final_updates``, gradient steps after the
            last query.
    """
    kwargs = dict(hyperparameters)
    final_updates = int(kwargs.pop("final_updates"))
    kwargs["policy_kwargs"] = dict(kwargs["policy_kwargs"])
    kwargs["buffer_size"] = buffer_size(envs.mdp, session)
    agent = ConceptQRDQN("MlpPolicy", Sb3VecEnv(envs), seed=seed, device="cpu", **kwargs)
    agent.attach(envs.mdp, session, seed)
    spend(agent, envs.mdp, session, final_updates)

    def values(observations: torch.Tensor) -> torch.Tensor:
        return agent.quantile_net(observations).mean(dim=1)  # (N, Q, A)

    return Sb3Learner(agent, agent.quantile_net, values)
