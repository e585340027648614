"""DQN on the toy, small enough to learn in a second."""

from pathlib import Path
from typing import Any

import gymnasium as gym

from failscape.agents.registry import load_hyperparameters
from failscape.agents.sb3.dqn import explore_dqn
from failscape.agents.sb3.learner import Sb3Learner
from failscape.agents.session import Progress, Session
from failscape.envs.gym_views import ConceptVectorEnv
from failscape.envs.recording import Recorder
from failscape.records.probes import ProbeStore

SMALL = {"learning_starts": 64, "batch_size": 64, "final_updates": 100, "policy_kwargs": {"net_arch": [32, 32]}}
N_POINTS = 25


def toy(num_envs: int = 8) -> ConceptVectorEnv:
    return gym.make_vec("failscape/Toy-v0", num_envs=num_envs).unwrapped


def settings(**changed: Any) -> dict[str, Any]:
    """What ``dqn.yml`` says, smaller, as the agent takes it."""
    values = load_hyperparameters("dqn", "failscape/Toy-v0", {**SMALL, **changed})
    return {key: value for key, value in values.items() if key not in {"num_envs", "budget", "memory"}}


class Explored:
    """One exploration of the toy, with its probes and what the listeners heard."""

    def __init__(self, path: Path, budget: int, seed: int = 0, **changed: Any) -> None:
        self.envs = toy()
        self.store = ProbeStore(path)
        self.envs.recorder = Recorder(self.store, self.envs.mdp.space, seed=seed)
        self.heard: list[Progress] = []
        session = Session(self.envs.recorder, budget, [self.heard.append])
        self.agent: Sb3Learner = explore_dqn(self.envs, session, seed, settings(**changed))
        self.probes = self.store.frame()
        self.store.close()
