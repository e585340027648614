"""SB3's DQN as an explorer.

Shapes: ``B`` environments, ``P`` points.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from stable_baselines3 import DQN

from failscape.agents.sb3.learner import Sb3Learner
from failscape.agents.sb3.network import PointwisePolicy, PointwiseQ
from failscape.agents.sb3.off_policy import EpsilonByQuery, buffer_size, spend
from failscape.agents.sb3.vec_env import Sb3VecEnv
from failscape.agents.session import Session
from failscape.common.safe_open import regular
from failscape.envs.gym_views import ConceptVectorEnv
from failscape.envs.recording import Recorder

MAX_DECAY = 10.0  # AdamW holds weights below 1 / decay; beyond this, too small to tell items apart


class ConceptDQN(EpsilonByQuery, DQN):
    """DQN that explores by query share, and learns one-step episodes at a fraction of the cost."""

    def train(self, gradient_steps: int, batch_size: int = 100) -> None:
        """SB3's update. Where nothing comes after a step (gamma 0), only the points that were tried are evaluated.

        SB3 computes the values of all ``P`` points of both states and uses one. Loss, optimiser and clipping are the
        same, and so are the gradients.
        """
        if self.gamma > 0 or not isinstance(self.q_net.q_net, PointwiseQ):
            super().train(gradient_steps, batch_size)
            return
        self.policy.set_training_mode(True)
        self._update_learning_rate(self.policy.optimizer)
        losses = [self._fit_rewards(batch_size) for _ in range(gradient_steps)]
        self._n_updates += gradient_steps
        self.logger.record("train/n_updates", self._n_updates, exclude="tensorboard")
        self.logger.record("train/loss", float(np.mean(losses)) if losses else 0.0)

    def _fit_rewards(self, batch_size: int) -> float:
        """One gradient step on the rewards of a batch from the replay buffer; returns the loss."""
        assert self.replay_buffer is not None
        batch = self.replay_buffer.sample(batch_size)
        network = cast(PointwiseQ, self.q_net.q_net)
        values = network.at(batch.observations, batch.actions[:, 0].long())
        loss = F.smooth_l1_loss(values, batch.rewards[:, 0])
        self.policy.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.policy.parameters(), self.max_grad_norm)
        self.policy.optimizer.step()
        return loss.item()


def explore_dqn(
    envs: ConceptVectorEnv, session: Session, seed: int, hyperparameters: Mapping[str, Any], device: str = "cpu"
) -> Sb3Learner:
    """A trained agent; the session's budget is spent on its way.

    Args:
        envs: what to explore.
        session: counts the budget.
        seed: of everything random.
        hyperparameters: keyword arguments of SB3's ``DQN``; ``prior_probes``, weight decay times budget (the decay
            is 10 at most); and ``final_updates``, gradient steps after the last query.
        device: of the agent, which is small; the target's may be another.
    """
    agent, final_updates = make_dqn(envs, session, seed, hyperparameters, device)
    spend(agent, envs.mdp, session, final_updates)
    return Sb3Learner(agent, agent.q_net, agent.q_net)


def make_dqn(
    envs: ConceptVectorEnv, session: Session, seed: int, hyperparameters: Mapping[str, Any], device: str = "cpu"
) -> tuple[ConceptDQN, int]:
    """An untrained agent and its number of final updates.

    Where an action is a point and nothing comes after it, the network is one function of item and point; else SB3's
    own, with an output per action.
    """
    kwargs = dict(hyperparameters)
    final_updates = int(kwargs.pop("final_updates"))
    mdp = envs.mdp
    kwargs["policy_kwargs"] = {
        "optimizer_class": torch.optim.AdamW,
        "optimizer_kwargs": {"weight_decay": min(kwargs.pop("prior_probes") / session.budget, MAX_DECAY)},
        **kwargs["policy_kwargs"],
    }
    pointwise = mdp.scheme.actions_are_points
    if pointwise:
        kwargs["policy_kwargs"]["coordinates"] = mdp.space.coordinates(mdp.space.grid())
    kwargs["buffer_size"] = buffer_size(mdp, session)
    policy = PointwisePolicy if pointwise else "MlpPolicy"
    agent = ConceptDQN(policy, Sb3VecEnv(envs), seed=seed, device=device, **kwargs)
    agent.attach(mdp, session, seed)
    return agent, final_updates


def load_agent(
    envs: ConceptVectorEnv, path: Path, hyperparameters: Mapping[str, Any], seed: int, device: str = "cpu"
) -> Sb3Learner:
    """The agent that was saved to ``path``, built again from its hyperparameters."""
    session = Session(Recorder(None, envs.mdp.space), 1)
    agent, _ = make_dqn(envs, session, seed, hyperparameters, device)
    agent.q_net.load_state_dict(load_file(regular(path)))
    agent.exploration_rate = 0.0
    return Sb3Learner(agent, agent.q_net, agent.q_net)
