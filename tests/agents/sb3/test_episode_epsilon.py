"""How DQN explores: coins per slot and episode, and true propensities."""

import numpy as np
import pytest
from scipy.stats import binomtest, chisquare
from stable_baselines3 import DQN

from failscape.agents.sb3.dqn import make_dqn
from failscape.agents.sb3.episode_epsilon import EpisodeEpsilonGreedy
from failscape.agents.sb3.vec_env import Sb3VecEnv
from failscape.agents.session import Session
from failscape.envs.recording import Recorder
from tests.support.dqn import N_POINTS, settings, toy


def steps(
    epsilon_greedy: EpisodeEpsilonGreedy, greedy: np.ndarray, epsilon: float, n: int
) -> tuple[np.ndarray, np.ndarray]:
    """Actions and their chances in ``n`` episodes of one step, ``(n, B)`` each."""
    taken = []
    for _ in range(n):
        taken.append(epsilon_greedy.act(greedy, epsilon, N_POINTS, N_POINTS))
        epsilon_greedy.end(np.ones(len(greedy), bool))
    actions, chances = zip(*taken, strict=True)
    return np.array(actions), np.array(chances)


@pytest.mark.parametrize("epsilon", [0.0, 0.3, 1.0])
def test_coins_choose_with_the_probabilities_they_claim(epsilon: float) -> None:
    greedy = np.array([0, 3, 4, 3])
    draws, chances = steps(EpisodeEpsilonGreedy(4, seed=0), greedy, epsilon, 4000)
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
    epsilon_greedy = EpisodeEpsilonGreedy(2, seed=1)
    points, chances = [], []
    for _ in range(n):
        point, chance = np.zeros((2, 0), np.int64), np.ones(2)
        for n_levels in levels:
            actions, step = epsilon_greedy.act((point.sum(axis=1) + 1) % 4, epsilon, 4, n_levels)
            point, chance = np.column_stack([point, actions % n_levels]), chance * step
        epsilon_greedy.end(np.ones(2, bool))
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
    epsilon_greedy, epsilon, seen = EpisodeEpsilonGreedy(1, seed=2), 0.5, {}
    for _ in range(4000):
        path, chance = [], 1.0
        for _ in range(3):
            actions, step = epsilon_greedy.act(np.array([1]), epsilon, 2, 2)
            path.append(int(actions[0]))
            chance *= float(step[0])
        epsilon_greedy.end(np.ones(1, bool))
        seen.setdefault(tuple(path), []).append(chance)
    assert len(seen) == 8
    for path, chances in seen.items():
        expected = epsilon / 8 + (1 - epsilon) * (path == (1, 1, 1))
        np.testing.assert_allclose(chances, expected)
        assert binomtest(len(chances), 4000, expected).pvalue > 1e-4


def test_every_action_that_does_the_same_is_tried() -> None:
    """What is never tried keeps the value it was born with, and might be the best."""
    epsilon_greedy = EpisodeEpsilonGreedy(50, seed=0)
    actions = np.concatenate([epsilon_greedy.act(np.zeros(50, np.int64), 1.0, 5, 3)[0] for _ in range(60)])
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
        agent.epsilon_greedy.end(np.ones(4, bool))
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
        agent.epsilon_greedy.end(np.ones(4, bool))
    np.testing.assert_allclose(session.recorder.propensity, 1 / N_POINTS)
    assert chisquare(np.bincount(np.ravel(actions), minlength=N_POINTS)).pvalue > 1e-3


def test_each_slot_tosses_its_own_coin_where_sb3_tosses_one_for_all() -> None:
    envs = toy(8)
    plain = DQN("MlpPolicy", Sb3VecEnv(envs), seed=0, device="cpu", buffer_size=100)
    plain.exploration_rate = 0.5
    observation = envs.reset(seed=0)[0]
    best = plain.predict(observation, deterministic=True)[0]
    theirs = np.array([(plain.predict(observation)[0] == best).mean() for _ in range(200)])
    ours = (steps(EpisodeEpsilonGreedy(8, seed=0), best, 0.5, 200)[0] == best).mean(axis=1)
    assert (theirs == 1).mean() > 0.4  # all slots greedy at once, or hardly any
    assert (ours == 1).mean() < 0.05
    greedy = 0.5 + 0.5 / N_POINTS
    assert ours.std() == pytest.approx(np.sqrt(greedy * (1 - greedy) / 8), rel=0.2)
    assert theirs.std() > 2 * ours.std()


def test_slots_are_seeded_and_leave_each_other_alone() -> None:
    greedy = np.zeros(5, np.int64)

    def draws(epsilon_greedy: EpisodeEpsilonGreedy, epsilon: float = 0.5) -> np.ndarray:
        return steps(epsilon_greedy, greedy, epsilon, 50)[0]

    assert np.array_equal(draws(EpisodeEpsilonGreedy(5, 0)), draws(EpisodeEpsilonGreedy(5, 0)))
    assert not np.array_equal(draws(EpisodeEpsilonGreedy(5, 0)), draws(EpisodeEpsilonGreedy(5, 1)))
    changed = EpisodeEpsilonGreedy(5, 0)
    changed.rngs[2] = np.random.default_rng(99)
    same = (draws(EpisodeEpsilonGreedy(5, 0)) == draws(changed)).all(axis=0)
    assert same.tolist() == [True, True, False, True, True]
    # Epsilon changes who is greedy, never what the generators draw next.
    few, many = draws(EpisodeEpsilonGreedy(5, 0), 0.2), draws(EpisodeEpsilonGreedy(5, 0), 0.9)
    explored = few != 0
    assert np.array_equal(few[explored], many[explored])
