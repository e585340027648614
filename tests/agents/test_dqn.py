"""DQN as an explorer: true propensities, a uniform share, learning, determinism, and tensors in place of pickles."""

import copy
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pandas as pd
import pytest
import torch
from safetensors import safe_open
from scipy.stats import binomtest, chisquare
from stable_baselines3 import DQN

from failscape.agents.coins import EpisodeCoins
from failscape.agents.dqn import ConceptDQN, explore_dqn, load_agent, make_dqn
from failscape.agents.evaluation import evaluate_best, evaluate_points, evaluate_random
from failscape.agents.explorers import load_hyperparameters
from failscape.agents.learner import Sb3Learner
from failscape.agents.network import PointwiseQ
from failscape.agents.sb3 import Sb3VecEnv
from failscape.agents.session import Progress, Session
from failscape.agents.training import check_observations
from failscape.envs.recording import Recorder
from failscape.envs.views import ConceptVectorEnv, explorable
from failscape.errors import UsageError
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


@pytest.fixture(scope="module")
def explored(tmp_path_factory: pytest.TempPathFactory) -> Explored:
    return Explored(tmp_path_factory.mktemp("dqn") / "probes.sqlite", 1200)


# --- how it explores ---


def steps(coins: EpisodeCoins, greedy: np.ndarray, epsilon: float, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Actions and their chances in ``n`` episodes of one step, ``(n, B)`` each."""
    taken = []
    for _ in range(n):
        taken.append(coins.act(greedy, epsilon, N_POINTS, N_POINTS))
        coins.end(np.ones(len(greedy), bool))
    actions, chances = zip(*taken, strict=True)
    return np.array(actions), np.array(chances)


@pytest.mark.parametrize("epsilon", [0.0, 0.3, 1.0])
def test_coins_choose_with_the_probabilities_they_claim(epsilon: float) -> None:
    greedy = np.array([0, 3, 4, 3])
    draws, chances = steps(EpisodeCoins(4, seed=0), greedy, epsilon, 4000)
    for slot, best in enumerate(greedy):
        claimed = np.full(N_POINTS, epsilon / N_POINTS) + np.where(np.arange(N_POINTS) == best, 1 - epsilon, 0)
        counts = np.bincount(draws[:, slot], minlength=N_POINTS)
        np.testing.assert_allclose(chances[:, slot], claimed[draws[:, slot]])
        assert not counts[claimed == 0].any()
        if epsilon:
            assert chisquare(counts, 4000 * claimed).pvalue > 1e-3


def test_an_episode_is_uniform_or_greedy_as_a_whole_and_its_chance_is_exact() -> None:
    """Three axes of 4, 2 and 3 levels, played with four actions; what is greedy depends on the path, as it may."""
    levels, epsilon, n = (4, 2, 3), 0.6, 6000
    coins = EpisodeCoins(2, seed=1)
    points, chances = [], []
    for _ in range(n):
        point, chance = np.zeros((2, 0), np.int64), np.ones(2)
        for n_levels in levels:
            actions, step = coins.act((point.sum(axis=1) + 1) % 4, epsilon, 4, n_levels)
            point, chance = np.column_stack([point, actions % n_levels]), chance * step
        coins.end(np.ones(2, bool))
        points.append(point), chances.append(chance)
    greedy = np.zeros(0, np.int64)
    for n_levels in levels:
        greedy = np.append(greedy, (greedy.sum() + 1) % 4 % n_levels)
    claimed = np.full(24, epsilon / 24)
    claimed[np.ravel_multi_index(tuple(greedy), levels)] += 1 - epsilon
    rows = np.ravel_multi_index(tuple(np.array(points).reshape(-1, 3).T), levels)
    np.testing.assert_allclose(np.ravel(chances), claimed[rows])
    assert chisquare(np.bincount(rows, minlength=24), 2 * n * claimed).pvalue > 1e-3


def test_on_a_walk_the_chances_of_the_steps_multiply_to_that_of_the_path() -> None:
    coins, epsilon, seen = EpisodeCoins(1, seed=2), 0.5, {}
    for _ in range(4000):
        path, chance = [], 1.0
        for _ in range(3):
            actions, step = coins.act(np.array([1]), epsilon, 2, 2)
            path.append(int(actions[0]))
            chance *= float(step[0])
        coins.end(np.ones(1, bool))
        seen.setdefault(tuple(path), []).append(chance)
    assert len(seen) == 8
    for path, chances in seen.items():
        expected = epsilon / 8 + (1 - epsilon) * (path == (1, 1, 1))
        np.testing.assert_allclose(chances, expected)
        assert binomtest(len(chances), 4000, expected).pvalue > 1e-4


def test_every_action_that_does_the_same_is_tried() -> None:
    """What is never tried keeps the value it was born with, and might be the best."""
    coins = EpisodeCoins(50, seed=0)
    actions = np.concatenate([coins.act(np.zeros(50, np.int64), 1.0, 5, 3)[0] for _ in range(60)])
    assert set(actions.tolist()) == set(range(5))
    assert chisquare(np.bincount(actions % 3)).pvalue > 1e-3


@pytest.mark.parametrize("share", [0.0, 0.1, 1.0])
def test_recorded_propensities_are_the_probabilities_of_the_choices(share: float) -> None:
    envs = toy(4)
    session = Session(Recorder(None, envs.mdp.space), 1000)
    agent, _ = make_dqn(envs, session, 0, settings())
    agent._last_obs = envs.reset(seed=0)[0]
    agent.num_timesteps = 1000
    session.recorder.n_queries = int(1000 * share)
    actions, propensities = [], []
    for _ in range(1500):
        chosen, stored = agent._sample_action(agent.learning_starts, n_envs=4)
        agent.coins.end(np.ones(4, bool))
        np.testing.assert_array_equal(chosen, stored)
        actions.append(chosen), propensities.append(session.recorder.propensity)
    epsilon = {0.0: 1.0, 0.1: 0.75, 1.0: 0.5}[share]
    assert agent.exploration_rate == pytest.approx(epsilon)
    for slot in range(4):
        mine, claimed = np.array(actions)[:, slot], np.array(propensities)[:, slot]
        by_action = {int(a): set(claimed[mine == a].tolist()) for a in np.unique(mine)}
        assert all(len(values) == 1 for values in by_action.values())  # it is a property of the choice
        expected = np.array([by_action[a].pop() for a in range(N_POINTS)])
        assert expected.sum() == pytest.approx(1) and expected.min() == pytest.approx(epsilon / N_POINTS)
        assert chisquare(np.bincount(mine, minlength=N_POINTS), 1500 * expected / expected.sum()).pvalue > 1e-3


def test_before_learning_every_point_is_equally_likely() -> None:
    envs = toy(4)
    session = Session(Recorder(None, envs.mdp.space), 1000)
    agent, _ = make_dqn(envs, session, 0, settings())
    agent._last_obs = envs.reset(seed=0)[0]
    actions = []
    for _ in range(500):
        actions.append(agent._sample_action(agent.learning_starts, n_envs=4)[0])
        agent.coins.end(np.ones(4, bool))
    np.testing.assert_allclose(session.recorder.propensity, 1 / N_POINTS)
    assert chisquare(np.bincount(np.ravel(actions), minlength=N_POINTS)).pvalue > 1e-3


def test_each_slot_tosses_its_own_coin_where_sb3_tosses_one_for_all() -> None:
    envs = toy(8)
    plain = DQN("MlpPolicy", Sb3VecEnv(envs), seed=0, device="cpu", buffer_size=100)
    plain.exploration_rate = 0.5
    observation = envs.reset(seed=0)[0]
    best = plain.predict(observation, deterministic=True)[0]
    theirs = np.array([(plain.predict(observation)[0] == best).mean() for _ in range(200)])
    ours = (steps(EpisodeCoins(8, seed=0), best, 0.5, 200)[0] == best).mean(axis=1)
    assert (theirs == 1).mean() > 0.4  # all slots greedy at once, or hardly any
    assert (ours == 1).mean() < 0.05
    greedy = 0.5 + 0.5 / N_POINTS
    assert ours.std() == pytest.approx(np.sqrt(greedy * (1 - greedy) / 8), rel=0.2)
    assert theirs.std() > 2 * ours.std()


def test_slots_are_seeded_and_leave_each_other_alone() -> None:
    greedy = np.zeros(5, np.int64)

    def draws(coins: EpisodeCoins, epsilon: float = 0.5) -> np.ndarray:
        return steps(coins, greedy, epsilon, 50)[0]

    assert np.array_equal(draws(EpisodeCoins(5, 0)), draws(EpisodeCoins(5, 0)))
    assert not np.array_equal(draws(EpisodeCoins(5, 0)), draws(EpisodeCoins(5, 1)))
    changed = EpisodeCoins(5, 0)
    changed.rngs[2] = np.random.default_rng(99)
    same = (draws(EpisodeCoins(5, 0)) == draws(changed)).all(axis=0)
    assert same.tolist() == [True, True, False, True, True]
    # Epsilon changes who is greedy, never what the generators draw next.
    few, many = draws(EpisodeCoins(5, 0), 0.2), draws(EpisodeCoins(5, 0), 0.9)
    explored = few != 0
    assert np.array_equal(few[explored], many[explored])


def test_the_uniform_share_is_at_least_the_final_epsilon(explored: Explored) -> None:
    probes = explored.probes
    final = settings()["exploration_final_eps"]
    epsilons = np.array([progress.metrics["epsilon"] for progress in explored.heard])
    assert (np.diff(epsilons) <= 1e-9).all() and epsilons[0] == 1
    assert epsilons[-1] == pytest.approx(final) and epsilons.mean() >= final
    # No choice is less likely than its part of the uniform share, and no other is taken for one.
    uniform = np.repeat(epsilons, 8) / N_POINTS
    other = np.isclose(probes["propensity"], uniform)
    assert (other | np.isclose(probes["propensity"], uniform + 1 - np.repeat(epsilons, 8))).all()
    expected = epsilons.mean() * (1 - 1 / N_POINTS)
    assert binomtest(int(other.sum()), len(probes), expected).pvalue > 1e-3
    counts = np.bincount(probes["point"], minlength=N_POINTS)
    assert counts.min() >= 0.5 * final * len(probes) / N_POINTS


def test_listeners_hear_where_things_stand(explored: Explored) -> None:
    last, probes = explored.heard[-1], explored.probes
    assert (last.n_probes, last.n_queries, last.budget) == (1200, 1200, 1200)
    assert last.n_failures == probes["failed"].sum()
    assert last.n_failing == len(probes[probes["failed"]].drop_duplicates(["item", "point"]))
    assert last.coverage == 1 and last.metrics["updates"] > 100 and np.isfinite(last.metrics["loss"])
    assert len(explored.heard) == 1200 // 8


# --- what it learns ---


def test_it_learns_where_to_look(explored: Explored) -> None:
    """On items it never saw, greedy edits fail at least 30 points more often than random ones."""
    agent, mdp = explored.agent, explored.envs.mdp
    held_out = np.flatnonzero(mdp.items.held_out)
    greedy = evaluate_best(agent, mdp, held_out).failed.mean()
    everywhere = [evaluate_points(mdp, held_out, np.full(len(held_out), p)).failed.mean() for p in range(N_POINTS)]
    assert greedy > np.mean(everywhere) + 0.3, (greedy, np.mean(everywhere))
    assert greedy > max(everywhere)  # no single point does as well: it looks at the item
    items = explorable(mdp)
    seen = evaluate_best(agent, mdp, items).failed.mean()
    assert seen > np.mean(everywhere) + 0.3


def test_its_values_rank_the_points_as_the_truth_does(explored: Explored) -> None:
    mdp, items = explored.envs.mdp, explorable(explored.envs.mdp)
    truth = [evaluate_points(mdp, items, np.full(len(items), p)).failed.mean() for p in range(N_POINTS)]
    table = explored.agent.policy(mdp, items)
    assert table is not None and table.n_updates == explored.agent.n_updates > 100
    assert table.mean.sum() == pytest.approx(1) and table.greedy.sum() == len(items)
    assert np.corrcoef(table.q_mean, truth)[0, 1] > 0.8


def test_evaluation_leaves_records_and_exploration_alone(explored: Explored) -> None:
    mdp, recorder = explored.envs.mdp, explored.envs.recorder
    items = np.flatnonzero(mdp.items.held_out)
    before = (recorder.n_probes, explored.agent.agent.num_timesteps)
    first = explored.agent.best(mdp, items)
    for _ in range(3):
        np.testing.assert_array_equal(explored.agent.best(mdp, items), first)
    assert (recorder.n_probes, explored.agent.agent.num_timesteps) == before
    random = evaluate_random(mdp, items, 3)
    np.testing.assert_array_equal(random.points, evaluate_random(mdp, items, 3).points)
    assert len(evaluate_points(mdp, items[:0], np.zeros(0, np.int64)).failed) == 0


def test_the_same_seed_makes_the_same_probes_and_the_same_agent(tmp_path: Path) -> None:
    runs = [Explored(tmp_path / f"{i}.sqlite", 320, seed) for i, seed in enumerate([5, 5, 6])]
    probes = [run.probes.drop(columns=["time", "seed"]) for run in runs]
    pd.testing.assert_frame_equal(probes[0], probes[1], check_exact=True)
    assert not probes[0].equals(probes[2])
    for a, b in zip(*(run.agent.network.state_dict().values() for run in runs[:2]), strict=True):
        assert torch.equal(a, b)


# --- how it is kept ---


def test_a_saved_agent_gives_the_same_values(explored: Explored, tmp_path: Path) -> None:
    mdp = explored.envs.mdp
    explored.agent.save(tmp_path / "agent.safetensors")
    again = load_agent(toy(), tmp_path / "agent.safetensors", settings(), seed=3)
    observations = mdp.observe(mdp.initial(np.arange(len(mdp.items))))
    np.testing.assert_array_equal(again.values(observations), explored.agent.values(observations))
    assert again.agent.exploration_rate == 0
    with safe_open(tmp_path / "agent.safetensors", "pt") as file:
        assert not [name for name in file.keys() if "coordinates" in name]  # noqa: SIM118 - not a dict


def test_an_agent_that_never_learned_is_refused(tmp_path: Path) -> None:
    import failscape as fs

    envs = gym.make_vec("failscape/Toy-v0", num_envs=8)
    with pytest.raises(UsageError, match=r"a budget of 40 ends before learning starts, at 320; raise --budget"):
        fs.explore(envs, budget=40, out=tmp_path, report=False)
    assert not list(tmp_path.iterdir())  # refused before it cost anything
    idle = {"gradient_steps": 0, "final_updates": 0, "learning_starts": 16}
    with pytest.raises(UsageError, match=r"the agent never learned: \d+ probes and not one update"):
        fs.explore(envs, budget=80, hyperparameters=idle, out=tmp_path, report=False)
    assert not fs.Run(tmp_path / "toy-0").summary


def test_observations_outside_their_space_are_refused() -> None:
    envs = toy(3)
    observations = envs.reset(seed=0)[0]
    check_observations(observations, envs.single_observation_space)
    observations[1, 0], observations[2, 1] = np.nan, 99
    with pytest.raises(UsageError, match="2 of 3 observations lie outside Box"):
        check_observations(observations, envs.single_observation_space)


def test_final_updates_come_after_the_last_query_and_not_after_a_stop(tmp_path: Path) -> None:
    envs = toy()
    updates = {}
    for stop in (False, True):
        session = Session(Recorder(None, envs.mdp.space), 160)
        envs.recorder = session.recorder

        def listen(progress: Progress, session: Session = session, stop: bool = stop) -> None:
            session.stopped = stop and progress.n_probes >= 120

        session.listeners = (listen,)
        agent = explore_dqn(envs, session, 0, settings())
        updates[stop] = agent.n_updates
        assert session.recorder.n_probes == (120 if stop else 160)
    assert updates[False] >= 100 > updates[True] > 0


# --- the network ---


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
