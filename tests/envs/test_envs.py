"""Every environment of failscape, over the registry; and the vector view against single environments in lockstep."""

import copy
import pickle
import warnings
from itertools import combinations
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium.envs.registration import EnvSpec
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from stable_baselines3.common.env_checker import check_env as sb3_check_env
from torch import nn

import failscape as fs
from failscape.agents.sb3 import Sb3VecEnv
from failscape.concepts import ConceptSpace
from failscape.envs.actions.jump import MAX_ACTIONS
from failscape.envs.mdp import ConceptMDP
from failscape.envs.recording import Recorder
from failscape.envs.state import State
from failscape.envs.toy import Shift, ToyTarget, make_mdp, toy_items
from failscape.envs.views import ConceptEnv, ConceptVectorEnv, slot_seeds
from failscape.errors import UsageError
from failscape.records.probes import ProbeStore
from failscape.rewards import CLASSIFICATION_REWARDS
from tests.tiny_text import tiny_summarizer

ENV_IDS = [env_id for env_id in gym.registry if env_id.startswith("failscape/")]
COLOURS = {"blue": (20, 20, 200), "green": (20, 200, 20), "red": (200, 20, 20)}


def tiny_classifier() -> fs.Classifier:
    """An untrained network of three classes, always the same one."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 6, 5, stride=3), nn.ReLU(), nn.Flatten(), nn.Linear(6 * 16, 3))
    transform = fs.Preprocess.resize(16, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
    return fs.Classifier(module, transform, sorted(COLOURS), name="tiny", device="cpu")


@pytest.fixture(params=ENV_IDS)
def spec(request: pytest.FixtureRequest, pictures: Path) -> EnvSpec:
    """Each registered environment, with what it needs to be made without a network."""
    spec = copy.copy(gym.spec(request.param))
    if request.param == "failscape/Classifier-v0":
        spec.kwargs = {**spec.kwargs, "target": tiny_classifier(), "data": pictures}
    if request.param == "failscape/Summarizer-v0":
        spec.kwargs = {**spec.kwargs, "target": tiny_summarizer(), "data": "reports:?n=60"}
    return spec


def assert_same(a: Any, b: Any, where: str = "") -> None:
    """Equal to the last bit, in type and shape too, through dicts and arrays of objects."""
    assert type(a) is type(b), where
    if isinstance(a, dict):
        assert a.keys() == b.keys(), where
        for key in a:
            assert_same(a[key], b[key], f"{where}.{key}")
    elif isinstance(a, tuple) or (isinstance(a, np.ndarray) and a.dtype == object):
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            assert_same(x, y, f"{where}[{i}]")
    else:
        np.testing.assert_array_equal(a, b, where)
        assert getattr(a, "dtype", None) == getattr(b, "dtype", None), where


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
    if not info["said"]:
        assert info["failed"] == (info["predicted"] != mdp.items.batch.right_answer[info["item"]])
    assert after[-edited - 1] == info["truth"] and isinstance(reward, float)


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
    read = (
        target.module.get_encoder() if spec.id == "failscape/Summarizer-v0" else target.module
    )  # a text is read once, written word by word
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


# --- the vector view is SyncVectorEnv over singles ---


def lockstep(ours: ConceptVectorEnv, reference: SyncVectorEnv, n_resets: int) -> int:
    """Step both alike until ``n_resets`` episodes ended; returns the steps it took."""
    assert_same(ours.reset(seed=11), reference.reset(seed=11), "reset")
    reference.action_space.seed(0)
    ended = steps = 0
    while ended < n_resets:
        actions = reference.action_space.sample()
        a, b = ours.step(actions), reference.step(actions)
        assert_same(a, b, f"step {steps}")
        ended, steps = ended + int((a[2] | a[3]).sum()), steps + 1
    return steps


@pytest.mark.parametrize("num_envs", [1, 5])
def test_toy_vector_is_sync_of_singles_exactly(num_envs: int) -> None:
    ours = gym.make_vec("failscape/Toy-v0", num_envs=num_envs)
    assert isinstance(ours.unwrapped, ConceptVectorEnv)
    make = gym.spec("failscape/Toy-v0").make
    reference = SyncVectorEnv([make] * num_envs, autoreset_mode=AutoresetMode.SAME_STEP)
    assert lockstep(ours, reference, n_resets=20 * num_envs) == 20


class LongMDP(ConceptMDP):
    """The toy with episodes of several jumps, which end where the target fails: slots fall out of step."""

    def terminal(self, state: State) -> np.ndarray:
        return state.confidence < 0.5


def long_mdp() -> ConceptMDP:
    toy = make_mdp()
    return LongMDP(toy.target, toy.space, toy.items, toy.reward)


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


# --- what surrounds a step ---


def test_reset_may_choose_the_item() -> None:
    for env in (gym.make("failscape/Toy-v0"), gym.make_vec("failscape/Toy-v0", num_envs=3)):
        assert np.all(env.reset(options={"item": 5})[1]["item"] == 5)
        for item in (-1, 40):
            with pytest.raises(UsageError, match=f"no item {item}: they are 0 to 39"):
                env.reset(options={"item": item})


def test_the_edited_picture_can_be_looked_at(pictures: Path) -> None:
    spec = gym.spec("failscape/Classifier-v0")
    env = spec.make(target=tiny_classifier(), data=pictures, concepts=["darken=1"], render_mode="rgb_array")
    env.reset(seed=0)
    before = env.render()
    assert before.shape == (16, 16, 3) and before.dtype == np.uint8 and before.any()
    env.step(np.int64(0))
    assert not env.render().any()


def test_a_grid_too_large_for_one_action_each_is_refused() -> None:
    space = ConceptSpace([Shift(np.linspace(-100, 100, MAX_ACTIONS + 1))])
    with pytest.raises(UsageError, match=r"100001 points are too many for one action each .* explore=factored"):
        ConceptMDP(ToyTarget(), space, toy_items(), CLASSIFICATION_REWARDS["margin"])


def test_items_that_are_all_held_out_leave_nothing_to_explore() -> None:
    mdp = make_mdp()
    mdp.items.held_out[:] = True
    for view in (lambda: ConceptEnv(mdp), lambda: ConceptVectorEnv(mdp, 2)):
        with pytest.raises(UsageError, match="all 40 items are held out"):
            view()


def test_a_recorder_keeps_each_step(tmp_path: Path) -> None:
    envs = ConceptVectorEnv(make_mdp(), 4, memory=100)
    store = ProbeStore(tmp_path / "probes.sqlite")
    envs.recorder = Recorder(store, envs.mdp.space, seed=3)
    envs.reset(seed=0)
    infos, rewards = [], []
    for _ in range(5):
        envs.recorder.propensity = np.full(4, 0.25)
        _, reward, _, _, info = envs.step(envs.action_space.sample())
        infos.append(info["final_info"]), rewards.append(reward)
    frame = store.frame()
    assert len(frame) == 20 and (frame["seed"] == 3).all() and (frame["propensity"] == 0.25).all()
    assert frame["step"].tolist() == np.repeat(np.arange(5), 4).tolist()
    for column in ("item", "failed", "severity", "predicted", "confidence", "truth", "cached"):
        np.testing.assert_array_equal(frame[column], np.concatenate([info[column] for info in infos]), column)
    np.testing.assert_array_equal(frame["reward"], np.concatenate(rewards))
    points = np.concatenate([info["point"] for info in infos])
    np.testing.assert_array_equal(frame["point"], envs.mdp.space.index(points))
    assert frame["levels"].tolist() == [",".join(map(str, point)) for point in points]
    recorder = envs.recorder
    assert (recorder.n_steps, recorder.n_probes) == (5, 20)
    assert recorder.n_queries == int((~frame["cached"]).sum()) == envs.mdp.target.n_queries - 40
    assert recorder.n_failures == int(frame["failed"].sum())
    assert recorder.failing == set(frame.loc[frame["failed"], ["item", "point"]].itertuples(index=False, name=None))
    np.testing.assert_array_equal(recorder.visits, np.bincount(frame["point"], minlength=25))
    store.close()


def test_a_propensity_holds_for_one_step_only(tmp_path: Path) -> None:
    envs = ConceptVectorEnv(make_mdp(), 2)
    store = ProbeStore(tmp_path / "probes.sqlite")
    envs.recorder = Recorder(store, envs.mdp.space)
    envs.reset(seed=0)
    envs.recorder.propensity = np.array([0.5, 0.1])
    envs.step(np.array([0, 1]))
    envs.step(np.array([0, 1]))
    assert store.frame()["propensity"].fillna(-1).tolist() == [0.5, 0.1, -1, -1]
    store.close()


# --- the SB3 view ---


def test_neighbouring_run_seeds_share_no_slot_seed() -> None:
    seeds = [set(slot_seeds(seed, 32)) for seed in range(5)]
    assert slot_seeds(3, 32) == slot_seeds(3, 32) and len(set.union(*seeds)) == 5 * 32


def test_the_sb3_view_says_the_same_in_its_own_words() -> None:
    ours = ConceptVectorEnv(long_mdp(), 5, max_episode_steps=3)
    view = Sb3VecEnv(ConceptVectorEnv(long_mdp(), 5, max_episode_steps=3))
    view.seed(4)
    np.testing.assert_array_equal(view.reset(), ours.reset(seed=slot_seeds(4, 5))[0])
    ours.action_space.seed(0)
    seen = set()
    for _ in range(40):
        actions = ours.action_space.sample()
        observation, reward, terminated, truncated, info = ours.step(actions)
        found = view.step(actions)
        np.testing.assert_array_equal(found[0], observation)
        np.testing.assert_array_equal(found[1], reward.astype(np.float32))
        np.testing.assert_array_equal(found[2], terminated | truncated)
        for i in range(5):
            if terminated[i] or truncated[i]:
                np.testing.assert_array_equal(found[3][i]["terminal_observation"], info["final_obs"][i])
                assert found[3][i]["TimeLimit.truncated"] == (truncated[i] and not terminated[i])
                seen.add(found[3][i]["TimeLimit.truncated"])
            else:
                assert found[3][i] == {}
    assert seen == {True, False}


def test_the_sb3_view_refuses_what_would_be_wrong() -> None:
    view = Sb3VecEnv(ConceptVectorEnv(make_mdp(), 2))
    assert view.get_attr("num_envs") == [2, 2] and view.env_is_wrapped(gym.Wrapper) == [False, False]
    with pytest.raises(AttributeError, match="share one state"):
        view.set_attr("num_envs", 3)
    with pytest.raises(AttributeError, match="share one state"):
        view.env_method("reset")
    other = SyncVectorEnv([lambda: ConceptEnv(make_mdp())] * 2, autoreset_mode=AutoresetMode.NEXT_STEP)
    with pytest.raises(ValueError, match="SAME_STEP"):
        Sb3VecEnv(other)
