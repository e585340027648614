"""What SB3's value learners share as explorers: epsilon-greedy per episode, a budget in queries, propensities.

Shapes: ``B`` environments.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from stable_baselines3.common.buffers import ReplayBuffer
from stable_baselines3.common.noise import ActionNoise
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.type_aliases import Schedule

from failscape.agents.sb3.episode_epsilon import EpisodeEpsilonGreedy
from failscape.agents.sb3.propensity import Propensity
from failscape.agents.sb3.training import n_time_steps, train
from failscape.agents.session import Session
from failscape.envs.mdp import ConceptMDP
from failscape.errors import UsageError

MAX_REMEMBERED = 200_000  # transitions in the replay buffer


class EpsilonByQuery(OffPolicyAlgorithm):
    """Explores by query share; to be inherited from before an epsilon-greedy algorithm of SB3.

    SB3 draws once per step for all environments, from numpy's global generator; here each slot draws once per episode.
    Epsilon falls from ``exploration_initial_eps`` to ``exploration_final_eps`` over the first
    ``exploration_fraction`` of the budget, and uniform draws are what epsilon buys: the final epsilon is the fixed
    share of the episodes that feeds the landscape.
    """

    session: Session
    propensity: Propensity
    epsilon_greedy: EpisodeEpsilonGreedy
    exploration_rate: float
    exploration_schedule: Schedule

    def attach(self, mdp: ConceptMDP, session: Session, seed: int) -> None:
        """Count against ``session``, and draw from ``seed``."""
        self.session, self.propensity = session, Propensity(mdp, session.recorder)
        self.epsilon_greedy = EpisodeEpsilonGreedy(self.n_envs, seed)

    def _sample_action(
        self, learning_starts: int, action_noise: ActionNoise | None = None, n_envs: int = 1
    ) -> tuple[np.ndarray, np.ndarray]:
        warm = self.num_timesteps >= learning_starts
        self.exploration_rate = self.exploration_schedule(1 - self.session.share) if warm else 1.0
        assert isinstance(self._last_obs, np.ndarray)
        greedy = self.predict(self._last_obs, deterministic=True)[0] if warm else np.zeros(n_envs, np.int64)
        n_actions = int(self.action_space.n)  # type: ignore[attr-defined]
        actions, chances = self.epsilon_greedy.act(greedy, self.exploration_rate, n_actions, self.propensity.n_choices)
        self.propensity.claim(chances)
        return actions, actions

    def _store_transition(
        self,
        replay_buffer: ReplayBuffer,
        buffer_action: np.ndarray,
        new_obs: Any,
        reward: np.ndarray,
        dones: np.ndarray,
        infos: list[dict[str, Any]],
    ) -> None:
        super()._store_transition(replay_buffer, buffer_action, new_obs, reward, dones, infos)
        self.epsilon_greedy.end(dones)

    def _on_step(self) -> None:
        rate = self.exploration_rate
        super()._on_step()
        self.exploration_rate = rate  # the schedule runs on queries, not on time steps


def buffer_size(mdp: ConceptMDP, session: Session) -> int:
    """Transitions to remember: all of a session's, up to a limit."""
    return min(n_time_steps(mdp, session), MAX_REMEMBERED)


def spend(agent: EpsilonByQuery, mdp: ConceptMDP, session: Session, final_updates: int) -> None:
    """Explore and learn until the session is done, then ``final_updates`` gradient steps more."""
    if session.budget * (mdp.scheme.n_steps or 1) <= agent.learning_starts:
        raise UsageError(
            f"a budget of {session.budget} ends before learning starts, at {agent.learning_starts}; "
            "raise --budget, or lower it with --set learning_starts=N"
        )
    train(agent, mdp, session)
    if final_updates and agent.num_timesteps > agent.learning_starts and not session.stopped:
        agent.train(final_updates, agent.batch_size)
