"""The vector view is SyncVectorEnv over single environments, in lockstep."""

from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from failscape.envs.gym_views import ConceptEnv, ConceptVectorEnv
from failscape.envs.tasks.toy import make_mdp
from tests.support.environments import assert_same, lockstep, long_mdp, tiny_classifier


@pytest.mark.parametrize("num_envs", [1, 5])
def test_toy_vector_is_sync_of_singles_exactly(num_envs: int) -> None:
    ours = gym.make_vec("failscape/Toy-v0", num_envs=num_envs)
    assert isinstance(ours.unwrapped, ConceptVectorEnv)
    make = gym.spec("failscape/Toy-v0").make
    reference = SyncVectorEnv([make] * num_envs, autoreset_mode=AutoresetMode.SAME_STEP)
    assert lockstep(ours, reference, n_resets=20 * num_envs) == 20


@pytest.mark.parametrize("max_episode_steps", [None, 1, 3])
def test_slots_out_of_step_are_sync_of_singles_exactly(max_episode_steps: int | None) -> None:
    def single() -> gym.Env:
        env = ConceptEnv(long_mdp())
        return env if max_episode_steps is None else gym.wrappers.TimeLimit(env, max_episode_steps)

    ours = ConceptVectorEnv(long_mdp(), 6, max_episode_steps=max_episode_steps)
    reference = SyncVectorEnv([single] * 6, autoreset_mode=AutoresetMode.SAME_STEP)
    steps = lockstep(ours, reference, n_resets=60)
    assert steps == 10 if max_episode_steps == 1 else steps > 20


def test_seeds_may_be_given_one_by_one_and_none_goes_on() -> None:
    ours = ConceptVectorEnv(make_mdp(), 3)
    reference = SyncVectorEnv([lambda: ConceptEnv(make_mdp())] * 3, autoreset_mode=AutoresetMode.SAME_STEP)
    for seed in ([5, 9, 5], None, [None, 4, None], 2):
        assert_same(ours.reset(seed=seed), reference.reset(seed=seed))


def test_memory_changes_no_trajectory() -> None:
    plain, remembering = (gym.make_vec("failscape/Toy-v0", num_envs=8, memory=m) for m in (0, 1000))
    plain.reset(seed=0), remembering.reset(seed=0)
    for _ in range(30):
        actions = plain.action_space.sample()
        a, b = plain.step(actions), remembering.step(actions)
        assert not a[4]["final_info"].pop("cached").any()
        b[4]["final_info"].pop("cached")
        assert_same(a, b)


def test_classifier_vector_is_close_to_singles(pictures: Path) -> None:
    kwargs = {"target": tiny_classifier(), "data": pictures}
    ours = gym.make_vec("failscape/Classifier-v0", num_envs=4, **kwargs)
    single = gym.spec("failscape/Classifier-v0")
    reference = SyncVectorEnv([lambda: single.make(**kwargs)] * 4, autoreset_mode=AutoresetMode.SAME_STEP)
    a, b = ours.reset(seed=5), reference.reset(seed=5)
    np.testing.assert_array_equal(a[1]["item"], b[1]["item"])
    reference.action_space.seed(0)
    for _ in range(20):
        actions = reference.action_space.sample()
        a, b = ours.step(actions), reference.step(actions)
        np.testing.assert_allclose(a[0], b[0], atol=1e-5)
        np.testing.assert_allclose(a[1], b[1], atol=1e-5)
        for flag in (2, 3):
            np.testing.assert_array_equal(a[flag], b[flag])
        for key in ("item", "point", "failed", "predicted"):
            np.testing.assert_array_equal(a[4]["final_info"][key], b[4]["final_info"][key])
