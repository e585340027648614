"""SB3's agents as learners.

Shapes: ``N`` items, ``A`` actions, ``D`` observation size.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from stable_baselines3.common.base_class import BaseAlgorithm
from torch import nn

from failscape.agents.rollout import choose, walk
from failscape.envs.mdp import ConceptMDP
from failscape.records.policy import PolicyTable

BATCH = 512


class Sb3Learner:
    """An agent of Stable-Baselines3 that has learned.

    Args:
        agent: the agent.
        network: what it has learned; its tensors are what is saved.
        values: what it thinks of each action, ``(N, D) -> (N, A)``: Q-values, or log-probabilities of a policy.
    """

    def __init__(
        self, agent: BaseAlgorithm, network: nn.Module, values: Callable[[torch.Tensor], torch.Tensor]
    ) -> None:
        self.agent, self.network, self._values = agent, network, values

    @property
    def n_updates(self) -> int:
        """Gradient updates."""
        return int(self.agent._n_updates)

    def values(self, observations: np.ndarray) -> np.ndarray:
        """What it thinks of each action, ``(N, D) -> (N, A)`` float32."""
        batches = torch.from_numpy(observations).to(self.agent.device).split(BATCH)
        with torch.inference_mode():
            return torch.cat([self._values(batch) for batch in batches]).cpu().numpy()

    def act(self, observations: np.ndarray) -> np.ndarray:
        """The best actions, with exploration off: ``(N, D) -> (N,)``."""
        return self.values(observations).argmax(axis=1)

    def best(self, mdp: ConceptMDP, items: np.ndarray) -> np.ndarray:
        """Where its greedy episodes end, ``(N,) -> (N,)`` rows of the grid; walks ask the target on their way."""
        if not len(items):
            return np.zeros(0, np.int64)
        ends = walk(mdp, items, self.act)[0] if mdp.scheme.n_steps is None else choose(mdp, items, self.act)
        return mdp.space.index(ends.points)

    def policy(self, mdp: ConceptMDP, items: np.ndarray) -> PolicyTable | None:
        """FSRL's landscape: softmax of the values over the given items; None where an action is not a point."""
        if not mdp.scheme.actions_are_points:
            return None
        return PolicyTable.from_q(self.values(mdp.observe(mdp.initial(items))), self.n_updates)

    def save(self, path: Path) -> None:
        """Write the network's tensors. SB3's own zip holds pickles, not to be loaded from strangers."""
        save_file({name: tensor.contiguous() for name, tensor in self.network.state_dict().items()}, path)
