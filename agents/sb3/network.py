"""The Q-network: one function of an item and a point, so that what is learned at a point is shared with its neighbours.

Shapes: ``B`` batch, ``D`` observation size, ``P`` points, ``K`` concepts, ``H`` hidden units.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.type_aliases import PyTorchObs
from stable_baselines3.dqn.policies import DQNPolicy, QNetwork
from torch import nn


class PointwiseQ(nn.Module):
    """``Q(item, point)`` for every point of a grid: ``(B, D) -> (B, P)``.

    Item and point are embedded apart and added, so the grid costs one embedding however large the batch is. A network
    with a head per point, SB3's own, learns each point from its own few probes alone.

    Args:
        n_inputs: size of an observation.
        coordinates: ``(P, K)`` in [-1, 1].
        net_arch: hidden sizes; the first is that of the embeddings.
        activation: between layers.
    """

    def __init__(
        self, n_inputs: int, coordinates: np.ndarray, net_arch: list[int], activation: type[nn.Module]
    ) -> None:
        super().__init__()
        hidden = net_arch[0]
        self.register_buffer("coordinates", torch.as_tensor(coordinates, dtype=torch.float32), persistent=False)
        self.item = nn.Linear(n_inputs, hidden)
        self.point = nn.Sequential(nn.Linear(coordinates.shape[1], hidden), activation(), nn.Linear(hidden, hidden))
        layers: list[nn.Module] = [activation()]
        for size, after in pairwise(net_arch):
            layers += [nn.Linear(size, after), activation()]
        self.head = nn.Sequential(*layers, nn.Linear(net_arch[-1], 1))

    def forward(self, observations: torch.Tensor) -> torch.Tensor:
        """Values of all points."""
        joined = self.item(observations)[:, None] + self.point(self.coordinates)[None]  # (B, P, H)
        return self.head(joined)[..., 0]

    def at(self, observations: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
        """Values of one point each, ``(B, D), (B,) -> (B,)``: what :meth:`forward` has there, ``P`` times cheaper."""
        return self.head(self.item(observations) + self.point(self.coordinates)[points])[..., 0]


class PointwiseQNetwork(QNetwork):
    """SB3's Q-network with :class:`PointwiseQ` in place of one output per action."""

    def __init__(self, *args: Any, coordinates: np.ndarray, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.q_net = PointwiseQ(self.features_dim, coordinates, self.net_arch, self.activation_fn)  # type: ignore[assignment]

    def forward(self, obs: PyTorchObs) -> torch.Tensor:
        """Values ``(B, P)``."""
        return self.q_net(self.extract_features(obs, self.features_extractor))


class PointwisePolicy(DQNPolicy):
    """DQN policy over a grid; ``policy_kwargs`` must bring its ``coordinates`` ``(P, K)``."""

    def __init__(self, *args: Any, coordinates: np.ndarray, **kwargs: Any) -> None:
        self._coordinates = coordinates
        super().__init__(*args, **kwargs)

    def make_q_net(self) -> QNetwork:
        """A fresh network."""
        arguments = self._update_features_extractor(self.net_args, features_extractor=None)
        return PointwiseQNetwork(**arguments, coordinates=self._coordinates).to(self.device)
