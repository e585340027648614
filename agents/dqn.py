"""SB3's DQN as an explorer: one epsilon coin per environment, a budget in queries, propensities recorded.

Shapes: ``B`` environments, ``P`` points.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
import torch.nn.functional as F
from gymnasium import spaces
from safetensors.torch import load_file, save_file
from stable_baselines3 import DQN
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.noise import ActionNoise

from failscape.agents.network import PointwisePolicy, PointwiseQ
from failscape.agents.sb3 import Sb3VecEnv
from failscape.agents.session import Session
from failscape.envs.recording import Recorder
from failscape.envs.views import ConceptVectorEnv
from failscape.errors import UsageError


class ConceptDQN(DQN):
    """DQN that explores by query share.

    SB3 tosses one coin per step for all environments, from numpy's global generator; here each slot has its own coin
    and its own generator. Epsilon falls from ``exploration_initial_eps`` to ``exploration_final_eps`` over the first
    ``exploration_fraction`` of the budget, and a uniform draw is what epsilon buys: the final epsilon is the fixed
    share of the budget that feeds the landscape.
    """

    session: Session
    rngs: list[np.random.Generator]

    def attach(self, session: Session, seed: int) -> None:
        """Count against ``session``; slot ``i`` draws from the ``i``-th child of ``seed``."""
        self.session = session
        self.rngs = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(self.n_envs)]

    def _sample_action(
        self, learning_starts: int, action_noise: ActionNoise | None = None, n_envs: int = 1
    ) -> tuple[np.ndarray, np.ndarray]:
        n_points = int(self.action_space.n)  # type: ignore[attr-defined]
        warm = self.num_timesteps >= learning_starts
        self.exploration_rate = self.exploration_schedule(1 - self.session.share) if warm else 1.0
        assert isinstance(self._last_obs, np.ndarray)
        if self.num_timesteps == 0:
            check_observations(self._last_obs, self.observation_space)
        greedy = self.predict(self._last_obs, deterministic=True)[0] if warm else np.zeros(n_envs, np.int64)
        actions = epsilon_greedy(greedy, self.exploration_rate, n_points, self.rngs)
        uniform = self.exploration_rate / n_points
        self.session.recorder.propensity = np.where(actions == greedy, 1 - self.exploration_rate, 0.0) + uniform
        return actions, actions

    def _on_step(self) -> None:
        rate = self.exploration_rate
        super()._on_step()
        self.exploration_rate = rate  # the schedule runs on queries, not on time steps

    def train(self, gradient_steps: int, batch_size: int = 100) -> None:
        """SB3's update. Where nothing comes after a step (gamma 0), only the points that were tried are evaluated.

        SB3 computes the values of all ``P`` points of both states and uses one. Loss, optimiser and clipping are the
        same, and so are the gradients.
        """
        if self.gamma > 0:
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

    def q_values(self, observations: np.ndarray, batch_size: int = 512) -> np.ndarray:
        """Values of every point, ``(N, D) -> (N, P)`` float32."""
        batches = torch.from_numpy(observations).to(self.device).split(batch_size)
        with torch.inference_mode():
            return torch.cat([self.q_net(batch) for batch in batches]).cpu().numpy()


def check_observations(observations: np.ndarray, space: spaces.Space[Any]) -> None:
    """Refuse observations ``(B, D)`` outside their space: what is learned from them would mean nothing."""
    outside = [row for row in observations if not space.contains(row)]
    if outside:
        raise UsageError(
            f"{len(outside)} of {len(observations)} observations lie outside {space}: mend the environment"
        )


def epsilon_greedy(greedy: np.ndarray, epsilon: float, n_points: int, rngs: list[np.random.Generator]) -> np.ndarray:
    """Per slot, with probability ``epsilon`` a uniform draw, else the greedy one: ``(B,) -> (B,)`` int64.

    Each slot draws the same amount of randomness whatever its coin says, so one slot's luck never shifts another's.
    """
    coins = np.array([rng.random() for rng in rngs])
    draws = np.array([rng.integers(n_points) for rng in rngs], np.int64)
    return np.where(coins < epsilon, draws, greedy).astype(np.int64)


class _Follow(BaseCallback):
    """Tells the session of each step, and stops when it is done."""

    model: ConceptDQN

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session

    def _on_step(self) -> bool:
        logged = self.model.logger.name_to_value
        metrics = {
            "epsilon": self.model.exploration_rate,
            "updates": float(self.model._n_updates),
            "return": float(np.mean(self.locals["rewards"])),
        }
        if "train/loss" in logged:
            metrics["loss"] = float(logged["train/loss"])
        self.session.tick(metrics)
        return not self.session.done


def explore_dqn(
    envs: ConceptVectorEnv, session: Session, seed: int, hyperparameters: Mapping[str, Any], device: str = "cpu"
) -> ConceptDQN:
    """A trained agent; the session's budget is spent on its way.

    Args:
        envs: what to explore.
        session: counts the budget.
        seed: of everything random.
        hyperparameters: keyword arguments of SB3's ``DQN``; ``weight_decay`` of its optimiser, AdamW; and
            ``final_updates``, gradient steps after the last query.
        device: of the agent, which is small; the target's may be another.
    """
    agent, final_updates = make_dqn(envs, session, seed, hyperparameters, device)
    if session.budget <= agent.learning_starts:
        raise UsageError(
            f"a budget of {session.budget} ends before learning starts, at {agent.learning_starts}; "
            "raise --budget, or lower it with --set learning_starts=N"
        )
    agent.learn(session.max_probes, callback=_Follow(session), log_interval=None)  # type: ignore[arg-type]
    if final_updates and agent.num_timesteps > agent.learning_starts and not session.stopped:
        agent.train(final_updates, agent.batch_size)
    return agent


def make_dqn(
    envs: ConceptVectorEnv, session: Session, seed: int, hyperparameters: Mapping[str, Any], device: str = "cpu"
) -> tuple[ConceptDQN, int]:
    """An untrained agent and its number of final updates."""
    kwargs = dict(hyperparameters)
    final_updates = int(kwargs.pop("final_updates"))
    space = envs.mdp.space
    kwargs["policy_kwargs"] = {
        "coordinates": space.coordinates(space.grid()),
        "optimizer_class": torch.optim.AdamW,
        "optimizer_kwargs": {"weight_decay": kwargs.pop("weight_decay")},
        **kwargs["policy_kwargs"],
    }
    kwargs["buffer_size"] = session.max_probes
    agent = ConceptDQN(PointwisePolicy, Sb3VecEnv(envs), seed=seed, device=device, **kwargs)
    agent.attach(session, seed)
    return agent, final_updates


def save_agent(agent: ConceptDQN, path: Path) -> None:
    """Write the network's tensors (safetensors). SB3's own zip holds pickles, not to be loaded from strangers."""
    tensors = {name: tensor.contiguous() for name, tensor in agent.q_net.state_dict().items()}
    save_file(tensors, path)


def load_agent(
    envs: ConceptVectorEnv, path: Path, hyperparameters: Mapping[str, Any], seed: int, device: str = "cpu"
) -> ConceptDQN:
    """The agent that :func:`save_agent` wrote, built again from its hyperparameters."""
    session = Session(Recorder(None, envs.mdp.space), 1)
    agent, _ = make_dqn(envs, session, seed, hyperparameters, device)
    agent.q_net.load_state_dict(load_file(path))
    agent.exploration_rate = 0.0
    return agent
