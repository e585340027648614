"""Every environment of failscape, over the registry."""

import copy
import pickle
import warnings
from itertools import combinations
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode
from stable_baselines3.common.env_checker import check_env as sb3_check_env

from failscape.envs.gym_views import ConceptVectorEnv
from tests.support.environments import assert_same, tiny_classifier
from tests.support.pipelines import DRAWN, tiny_drawer
from tests.support.tiny_text import tiny_summarizer

ENV_IDS = [env_id for env_id in gym.registry if env_id.startswith("failscape/")]


@pytest.fixture(params=ENV_IDS)
def spec(request: pytest.FixtureRequest, pictures: Path) -> EnvSpec:
    """Each registered environment, with what it needs to be made without a network."""
    spec = copy.copy(gym.spec(request.param))
    if request.param == "failscape/Classifier-v0":
        spec.kwargs = {**spec.kwargs, "target": tiny_classifier(), "data": pictures}
    if request.param == "failscape/Summarizer-v0":
        spec.kwargs = {**spec.kwargs, "target": tiny_summarizer(), "data": "reports:?n=60"}
    if request.param == "failscape/TextToImage-v0":
        spec.kwargs = {**spec.kwargs, "target": tiny_drawer(), **DRAWN}
    return spec


def test_the_checkers_of_gymnasium_and_sb3_find_nothing(spec: EnvSpec) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(spec.make().unwrapped, skip_render_check=True)
        sb3_check_env(spec.make().unwrapped)
        spec.make(disable_env_checker=False).reset(seed=0)


def test_a_seed_decides_everything(spec: EnvSpec) -> None:
    first, second = spec.make(), spec.make()
    assert_same(first.reset(seed=7), second.reset(seed=7))
    first.action_space.seed(7)
    for _ in range(30):
        action = first.action_space.sample()
        a, b = first.step(action), second.step(action)
        assert_same(a, b)
        assert first.observation_space.contains(a[0]) and np.isfinite(a[0]).all()
        if a[2] or a[3]:
            assert_same(first.reset(), second.reset())


def test_an_episode_is_one_jump_from_an_unedited_item(spec: EnvSpec) -> None:
    env = spec.make()
    mdp = env.unwrapped.mdp
    edited = mdp.space.n_coordinates + 1  # coordinates, and whether there was an edit
    observation, info = env.reset(seed=1)
    assert not observation[-edited:].any() and set(info) == {"item"}
    after, reward, terminated, truncated, info = env.step(np.int64(mdp.space.n_points - 1))
    assert terminated and not truncated and after[-1] == 1
    np.testing.assert_array_equal(after[-edited:-1], mdp.space.coordinates(info["point"][None])[0])
    if not info["output_text"] and spec.id != "failscape/ClipBlindPairs-v0":  # where no answer is right
        assert info["failed"] == (info["predicted"] != mdp.items.batch.right_answer[info["item"]])
    assert after[-edited - 1] == info["score"] and isinstance(reward, float)


def test_exploration_never_sees_a_held_out_item(spec: EnvSpec) -> None:
    envs = gym.make_vec(spec, num_envs=50)
    items = envs.reset(seed=0)[1]["item"]
    held_out = envs.unwrapped.mdp.items.held_out
    for _ in range(200):
        info = envs.step(envs.action_space.sample())[4]
        items = np.concatenate([items, info["item"]])
        if set(items) >= set(np.flatnonzero(~held_out)):
            break
    assert held_out.any() and not held_out[items].any()
    assert set(items) == set(np.flatnonzero(~held_out))  # and all others sooner or later


def test_make_vec_gives_one_environment_of_many_slots(spec: EnvSpec) -> None:
    envs = gym.make_vec(spec, num_envs=7)
    assert isinstance(envs.unwrapped, ConceptVectorEnv) and envs.num_envs == 7
    assert envs.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
    observation, _ = envs.reset(seed=0)
    assert envs.observation_space.contains(observation)
    for _ in range(3):
        observation, reward, terminated, truncated, _ = envs.step(envs.action_space.sample())
        assert envs.observation_space.contains(observation)
        assert [x.shape for x in (reward, terminated, truncated)] == [(7,)] * 3
        assert [x.dtype for x in (reward, terminated, truncated)] == [np.float64, np.bool_, np.bool_]


def test_one_forward_per_step_and_none_per_reset(spec: EnvSpec) -> None:
    envs = gym.make_vec(spec, num_envs=16).unwrapped
    target, forwards = envs.mdp.target, []
    if spec.id == "failscape/Recorded-v0":
        pytest.skip("no model is asked")
    read = {
        "failscape/Summarizer-v0": lambda: target.module.get_encoder(),  # a text is read once, written word by word
        "failscape/ClipBlindPairs-v0": lambda: target.target.module,
        "failscape/TextToImage-v0": lambda: target.denoiser,
    }.get(spec.id, lambda: target.module)()
    read.register_forward_hook(lambda module, args, output: forwards.append(len(output[0])))
    before = target.n_queries
    envs.reset(seed=0)
    envs.reset()
    assert not forwards and target.n_queries == before
    for _ in range(4):
        envs.step(envs.action_space.sample())
    assert len(forwards) == 4 and target.n_queries == before + 64


def test_what_a_step_returns_is_never_written_to_again(spec: EnvSpec) -> None:
    envs = gym.make_vec(spec, num_envs=4)
    kept = [envs.reset(seed=0)]
    for _ in range(4):
        kept.append(envs.step(envs.action_space.sample()))
    steps = [all_arrays(values) for values in kept]
    for earlier, later in combinations(steps, 2):
        assert not any(np.shares_memory(a, b) for a in earlier for b in later)
    arrays = [array for step in steps for array in step]
    copies = [array.copy() for array in arrays]
    for _ in range(3):
        envs.step(envs.action_space.sample())
    for array, kept_as in zip(arrays, copies, strict=True):
        np.testing.assert_array_equal(array, kept_as)


def all_arrays(values: Any) -> list[np.ndarray]:
    if isinstance(values, np.ndarray):
        return [values] if values.dtype != object else [a for v in values for a in all_arrays(v)]
    if isinstance(values, dict):
        values = tuple(values.values())
    return [array for value in values for array in all_arrays(value)] if isinstance(values, tuple) else []


def test_an_environment_survives_pickling(spec: EnvSpec) -> None:
    for env in (gym.make(spec), gym.make_vec(spec, num_envs=3)):
        env.reset(seed=3)
        again = pickle.loads(pickle.dumps(env))
        env.action_space.seed(0)
        for _ in range(3):
            action = env.action_space.sample()
            assert_same(env.step(action), again.step(action))
            if isinstance(env, gym.Env):
                assert_same(env.reset(), again.reset())


def test_a_spec_of_plain_values_survives_json() -> None:
    for env_id in ENV_IDS:
        again = EnvSpec.from_json(gym.spec(env_id).to_json())
        assert again == gym.spec(env_id)
    assert gym.make(EnvSpec.from_json(gym.spec("failscape/Toy-v0").to_json())).reset(seed=0)
