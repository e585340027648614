"""How SB3's agents are trained within a session.

Shapes: ``B`` environments, ``D`` observation size.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger

from failscape.agents.session import Session
from failscape.envs.mdp import ConceptMDP
from failscape.errors import UsageError


def train(agent: BaseAlgorithm, mdp: ConceptMDP, session: Session) -> None:
    """Let an agent explore and learn until the session is done."""
    agent.set_logger(Logger(folder=None, output_formats=[]))  # SB3's own makes a folder among the temporary ones
    agent.learn(n_time_steps(mdp, session), callback=Follow(session), log_interval=None)  # type: ignore[arg-type]


def n_time_steps(mdp: ConceptMDP, session: Session) -> int:
    """Steps after which SB3 should stop of its own accord, later than the session does."""
    return session.max_probes * (mdp.scheme.n_steps or 1)


class Follow(BaseCallback):
    """Tells the session of each step of an SB3 agent, and stops it when the session is done."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session

    def _on_training_start(self) -> None:
        assert isinstance(self.model._last_obs, np.ndarray)
        check_observations(self.model._last_obs, self.model.observation_space)

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


def check_observations(observations: np.ndarray, space: spaces.Space[Any]) -> None:
    """Refuse observations ``(B, D)`` outside their space: what is learned from them would mean nothing."""
    outside = [row for row in observations if not space.contains(row)]
    if outside:
        raise UsageError(
            f"{len(outside)} of {len(observations)} observations lie outside {space}: correct the environment"
        )
