"""What SB3's value learners share as explorers: an epsilon coin per environment, a budget in queries, propensities.

Shapes: ``B`` environments, ``A`` actions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.noise import ActionNoise
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.type_aliases import Schedule

from failscape.agents.propensity import Propensity
from failscape.agents.session import Session
from failscape.envs.mdp import ConceptMDP
from failscape.errors import UsageError


class EpsilonByQuery(OffPolicyAlgorithm):
    """Explores by query share; to be inherited from before an epsilon-greedy algorithm of SB3.

    SB3 tosses one coin per step for all environments, from numpy's global generator; here each slot has its own coin
    and its own generator. Epsilon falls from ``exploration_initial_eps`` to ``exploration_final_eps`` over the first
    ``exploration_fraction`` of the budget, and a uniform draw is what epsilon buys: the final epsilon is the fixed
    share of the budget that feeds the landscape.
    """

    session: Session
    propensity: Propensity
    rngs: list[np.random.Generator]
    exploration_rate: float
    exploration_schedule: Schedule

    def attach(self, mdp: ConceptMDP, session: Session, seed: int) -> None:
        """Count against ``session``; slot ``i`` draws from the ``i``-th child of ``seed``."""
        self.session, self.propensity = session, Propensity(mdp, session.recorder)
        self.rngs = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(self.n_envs)]

    def _sample_action(
        self, learning_starts: int, action_noise: ActionNoise | None = None, n_envs: int = 1
    ) -> tuple[np.ndarray, np.ndarray]:
        n_actions = int(self.action_space.n)  # type: ignore[attr-defined]
        warm = self.num_timesteps >= learning_starts
        self.exploration_rate = self.exploration_schedule(1 - self.session.share) if warm else 1.0
        assert isinstance(self._last_obs, np.ndarray)
        if self.num_timesteps == 0:
            check_observations(self._last_obs, self.observation_space)
        greedy = self.predict(self._last_obs, deterministic=True)[0] if warm else np.zeros(n_envs, np.int64)
        actions = epsilon_greedy(greedy, self.exploration_rate, n_actions, self.rngs)
        probabilities = np.full((n_envs, n_actions), self.exploration_rate / n_actions)
        probabilities[np.arange(n_envs), greedy] += 1 - self.exploration_rate
        self.propensity.claim(probabilities, actions)
        return actions, actions

    def _on_step(self) -> None:
        rate = self.exploration_rate
        super()._on_step()
        self.exploration_rate = rate  # the schedule runs on queries, not on time steps


def check_observations(observations: np.ndarray, space: spaces.Space[Any]) -> None:
    """Refuse observations ``(B, D)`` outside their space: what is learned from them would mean nothing."""
    outside = [row for row in observations if not space.contains(row)]
    if outside:
        raise UsageError(
            f"{len(outside)} of {len(observations)} observations lie outside {space}: mend the environment"
        )


def epsilon_greedy(greedy: np.ndarray, epsilon: float, n_actions: int, rngs: list[np.random.Generator]) -> np.ndarray:
    """Per slot, with probability ``epsilon`` a uniform draw, else the greedy one: ``(B,) -> (B,)`` int64.

    Each slot draws the same amount of randomness whatever its coin says, so one slot's luck never shifts another's.
    """
    coins = np.array([rng.random() for rng in rngs])
    draws = np.array([rng.integers(n_actions) for rng in rngs], np.int64)
    return np.where(coins < epsilon, draws, greedy).astype(np.int64)


class Follow(BaseCallback):
    """Tells the session of each step of an SB3 agent, and stops it when the session is done."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session

    def _on_step(self) -> bool:
        logged = self.model.logger.name_to_value
        metrics = {
            "updates": float(self.model._n_updates),
            "return": float(np.mean(self.locals["rewards"])),
        }
        if hasattr(self.model, "exploration_rate"):
            metrics["epsilon"] = float(self.model.exploration_rate)
        if "train/loss" in logged:
            metrics["loss"] = float(logged["train/loss"])
        self.session.tick(metrics)
        return not self.session.done


def n_time_steps(mdp: ConceptMDP, session: Session) -> int:
    """Steps after which SB3 should stop of its own accord, later than the session does."""
    return session.max_probes * (mdp.moves.n_steps or 1)


def spend(agent: EpsilonByQuery, mdp: ConceptMDP, session: Session, final_updates: int) -> None:
    """Explore and learn until the session is done, then ``final_updates`` gradient steps more."""
    if session.budget <= agent.learning_starts:
        raise UsageError(
            f"a budget of {session.budget} ends before learning starts, at {agent.learning_starts}; "
            "raise --budget, or lower it with --set learning_starts=N"
        )
    agent.learn(n_time_steps(mdp, session), callback=Follow(session), log_interval=None)  # type: ignore[arg-type]
    if final_updates and agent.num_timesteps > agent.learning_starts and not session.stopped:
        agent.train(final_updates, agent.batch_size)
