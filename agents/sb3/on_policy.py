"""SB3's PPO and A2C as explorers whose recorded propensities are exact.

Shapes: ``B`` environments, ``A`` actions, ``D`` observation size.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from stable_baselines3 import A2C, PPO
from stable_baselines3.common.distributions import CategoricalDistribution, Distribution
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.policies import ActorCriticPolicy

from failscape.agents.sb3.learner import Sb3Learner
from failscape.agents.sb3.propensity import Propensity, chances
from failscape.agents.sb3.training import train
from failscape.agents.sb3.vec_env import Sb3VecEnv
from failscape.agents.session import Session
from failscape.envs.gym_views import ConceptVectorEnv
from failscape.envs.mdp import ConceptMDP
from failscape.errors import UsageError


class SharingPolicy(ActorCriticPolicy):
    """A policy with a fixed share of uniform probes, and a generator per environment.

    The share belongs to the policy: ``(1 - share) softmax(logits) + share / A`` is what is drawn from, what the stored
    log-probabilities are of, and what gradients are taken of. So the data stay on-policy, as they would not if some of
    the policy's actions were replaced after the draw. In episodes of several steps it is a share of the steps.
    """

    propensity: Propensity
    rngs: list[np.random.Generator]

    def __init__(self, *args: Any, uniform_share: float, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.uniform_share = uniform_share

    def attach(self, mdp: ConceptMDP, session: Session, seed: int, n_envs: int) -> None:
        """Tell the session's recorder of every choice; slot ``i`` draws from the ``i``-th child of ``seed``."""
        self.propensity = Propensity(mdp, session.recorder)
        self.rngs = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(n_envs)]

    def _get_action_dist_from_latent(self, latent_pi: torch.Tensor) -> Distribution:
        mixed = mix(self.action_net(latent_pi), self.uniform_share)
        assert isinstance(self.action_dist, CategoricalDistribution)
        return self.action_dist.proba_distribution(action_logits=mixed)

    def forward(
        self, obs: torch.Tensor, deterministic: bool = False
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Actions ``(B,)``, values ``(B, 1)`` and log-probabilities ``(B,)``, as SB3 asks before each step."""
        distribution = self.get_distribution(obs)
        assert isinstance(distribution, CategoricalDistribution)
        probabilities = distribution.distribution.probs.detach().double().cpu().numpy()
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        chosen = draw(probabilities, self.rngs)
        self.propensity.claim(chances(probabilities, chosen, self.propensity.n_choices))
        actions = torch.from_numpy(chosen).to(obs.device)
        return actions, self.predict_values(obs), distribution.log_prob(actions)


def mix(logits: torch.Tensor, share: float) -> torch.Tensor:
    """Log-probabilities of a softmax mixed with a ``share`` of the uniform distribution: ``(B, A) -> (B, A)``."""
    own = logits.log_softmax(dim=1)
    if not share:
        return own
    uniform = torch.full_like(own, float(np.log(share / own.shape[1])))
    return torch.logaddexp(own + float(np.log1p(-share)), uniform)


def draw(probabilities: np.ndarray, rngs: list[np.random.Generator]) -> np.ndarray:
    """An action per slot, one random number each: ``(B, A) -> (B,)`` int64."""
    up_to = probabilities.cumsum(axis=1)
    below = up_to <= up_to[:, -1:] * np.array([[rng.random()] for rng in rngs])
    return np.minimum(below.sum(axis=1), probabilities.shape[1] - 1).astype(np.int64)


def explore_ppo(envs: ConceptVectorEnv, session: Session, seed: int, hyperparameters: Mapping[str, Any]) -> Sb3Learner:
    """An agent trained by PPO; the session's budget is spent on its way.

    Args:
        envs: what to explore.
        session: counts the budget.
        seed: of everything random.
        hyperparameters: keyword arguments of SB3's ``PPO``; ``minibatches`` of a rollout, in place of their size; and
            ``uniform_share`` of probes, in [0, 1).
    """
    return _explore(PPO, envs, session, seed, hyperparameters)


def explore_a2c(envs: ConceptVectorEnv, session: Session, seed: int, hyperparameters: Mapping[str, Any]) -> Sb3Learner:
    """An agent trained by A2C, as :func:`explore_ppo` has it."""
    return _explore(A2C, envs, session, seed, hyperparameters)


def _explore(
    algorithm: type[OnPolicyAlgorithm],
    envs: ConceptVectorEnv,
    session: Session,
    seed: int,
    hyperparameters: Mapping[str, Any],
) -> Sb3Learner:
    kwargs: dict[str, Any] = dict(hyperparameters)
    share = kwargs.pop("uniform_share")
    if not 0 <= share < 1:
        raise UsageError(f"uniform_share must lie in [0, 1), got {share}")
    rollout = kwargs["n_steps"] * envs.num_envs
    if session.budget <= rollout // (envs.mdp.scheme.n_steps or 1):
        raise UsageError(
            f"a budget of {session.budget} ends within the first rollout of {rollout} steps; "
            "raise --budget, or lower it with --set n_steps=N"
        )
    if "minibatches" in kwargs:
        kwargs["batch_size"] = max(2, rollout // kwargs.pop("minibatches"))
    kwargs["policy_kwargs"] = {"uniform_share": share, **kwargs["policy_kwargs"]}
    agent = algorithm(SharingPolicy, Sb3VecEnv(envs), seed=seed, device="cpu", **kwargs)
    policy = agent.policy
    assert isinstance(policy, SharingPolicy)
    policy.attach(envs.mdp, session, seed, envs.num_envs)
    train(agent, envs.mdp, session)

    def values(observations: torch.Tensor) -> torch.Tensor:
        distribution = policy.get_distribution(observations)
        assert isinstance(distribution, CategoricalDistribution)
        return distribution.distribution.logits

    return Sb3Learner(agent, policy, values)
