"""The network of DQN, and its update."""

import copy
from pathlib import Path

import numpy as np
import torch
from stable_baselines3 import DQN

from failscape.agents.sb3.dqn import ConceptDQN
from failscape.agents.sb3.network import PointwiseQ
from tests.support.dqn import Explored


def test_the_network_values_every_point_alike() -> None:
    torch.manual_seed(0)
    coordinates = np.random.default_rng(0).uniform(-1, 1, (7, 2)).astype(np.float32)
    network = PointwiseQ(5, coordinates, [16, 8], torch.nn.ReLU)
    observations = torch.randn(3, 5)
    values = network(observations)
    assert values.shape == (3, 7)
    order = [3, 0, 6, 1, 5, 2, 4]
    shuffled = PointwiseQ(5, coordinates[order], [16, 8], torch.nn.ReLU)
    shuffled.load_state_dict(network.state_dict())
    torch.testing.assert_close(shuffled(observations), values[:, order])
    assert network(observations[:0]).shape == (0, 7)


def test_gradients_reach_every_parameter_from_a_single_value() -> None:
    torch.manual_seed(0)
    network = PointwiseQ(5, np.eye(4, dtype=np.float32), [16, 8], torch.nn.Tanh)
    network(torch.randn(64, 5))[:, 2].sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name


def test_what_is_learned_at_a_point_is_shared_with_its_neighbours() -> None:
    torch.manual_seed(0)
    coordinates = np.linspace(-1, 1, 21, dtype=np.float32)[:, None]
    network = PointwiseQ(1, coordinates, [32, 32], torch.nn.ReLU)
    optimizer = torch.optim.Adam(network.parameters(), 0.01)
    observations = torch.zeros(1, 1)
    for _ in range(150):
        optimizer.zero_grad()
        (network(observations)[0, [4, 16]] - torch.tensor([1.0, -1.0])).square().sum().backward()
        optimizer.step()
    values = network(observations)[0].detach()
    assert values[3] > 0.5 and values[5] > 0.5 and values[15] < -0.5 and values[17] < -0.5


def test_the_short_update_is_sb3s_own(tmp_path: Path) -> None:
    agent = Explored(tmp_path / "probes.sqlite", 320, final_updates=0).agent.agent
    before = {name: tensor.clone() for name, tensor in agent.policy.state_dict().items()}
    moments = copy.deepcopy(agent.policy.optimizer.state_dict())
    after = []
    for update in (ConceptDQN.train, DQN.train):
        agent.policy.load_state_dict(before)
        agent.policy.optimizer.load_state_dict(copy.deepcopy(moments))
        np.random.seed(0)  # noqa: NPY002 - SB3's replay buffer draws from the global generator
        update(agent, 5, 64)
        after.append({name: tensor.clone() for name, tensor in agent.q_net.state_dict().items()})
    for name, tensor in after[0].items():
        torch.testing.assert_close(tensor, after[1][name], rtol=1e-4, atol=1e-6)
        assert not torch.equal(tensor, before[f"q_net.{name}"])
