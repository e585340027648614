"""DQN as an explorer: a uniform share, learning, determinism, and tensors in place of pickles."""

from pathlib import Path

import gymnasium as gym
import numpy as np
import pandas as pd
import pytest
import torch
from safetensors import safe_open
from scipy.stats import binomtest

from failscape.agents.evaluation import affordable_draws, evaluate_best, evaluate_points, evaluate_random
from failscape.agents.sb3.dqn import explore_dqn, load_agent
from failscape.agents.sb3.training import check_observations
from failscape.agents.session import Progress, Session
from failscape.envs.gym_views import explorable
from failscape.envs.recording import Recorder
from failscape.errors import UsageError
from tests.support.dqn import N_POINTS, Explored, settings, toy


@pytest.fixture(scope="module")
def explored(tmp_path_factory: pytest.TempPathFactory) -> Explored:
    """A finished exploration; tests must not change it."""
    return Explored(tmp_path_factory.mktemp("dqn") / "probes.sqlite", 1200)


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
    assert random.failed.shape == (len(items), 10) and random.n_queries == 10 * len(items)
    for item, points, failed in zip(items, random.points, random.failed, strict=True):
        np.testing.assert_array_equal(failed, evaluate_points(mdp, np.repeat(item, 10), points).failed)
    assert [affordable_draws(n, budget) for n, budget in ((8, 1000), (8, 64), (8, 8), (0, 8))] == [10, 4, 1, 4]
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
