"""Registration of environments with Gymnasium."""

from typing import Any

import gymnasium as gym
import pytest

from failscape.envs.registration import register_env
from failscape.envs.tasks.toy import make_mdp
from failscape.errors import UsageError
from failscape.families import register_families
from failscape.rewards import CLASSIFICATION_REWARDS


@pytest.fixture
def clean_registry() -> Any:
    before = dict(gym.registry)
    yield
    gym.registry.clear()
    gym.registry.update(before)


@pytest.mark.usefixtures("clean_registry")
def test_a_user_registers_an_environment_of_their_own() -> None:
    register_env("mine/Toy-v0", make_mdp, max_episode_steps=5)
    register_env("mine/ToyFsrl-v0", env="mine/Toy-v0", reward="fsrl")
    assert gym.spec("mine/ToyFsrl-v0").max_episode_steps == 5
    env = gym.make("mine/ToyFsrl-v0").unwrapped
    assert env.mdp.reward is CLASSIFICATION_REWARDS["fsrl"]
    assert gym.make_vec("mine/Toy-v0", num_envs=2).unwrapped.max_episode_steps == 5
    before = dict(gym.registry)
    register_families()
    assert dict(gym.registry) == before


def test_registering_by_mistake_is_told() -> None:
    with pytest.raises(UsageError, match="takes either make_mdp or env"):
        register_env("mine/None-v0")
    with pytest.raises(UsageError, match="takes either make_mdp or env"):
        register_env("mine/Both-v0", make_mdp, env="failscape/Toy-v0")
    with pytest.raises(UsageError, match=r"no environment 'failscape/Toi-v0'.*did you mean failscape/Toy-v0\?"):
        register_env("mine/Toy-v0", env="failscape/Toi-v0")
    with pytest.raises(UsageError, match="CartPole-v1 edits no concepts"):
        register_env("mine/Pole-v0", env="CartPole-v1")


@pytest.mark.parametrize("make", [gym.make, gym.make_vec])
def test_an_argument_that_there_is_not_is_named(make: Any) -> None:
    with pytest.raises(UsageError, match=r"the environment takes no 'max_item'; did you mean max_items"):
        make("failscape/Classifier-v0", max_item=5)
    with pytest.raises(UsageError, match=r"takes no 'zzzzzzzz'; known: alpha, baseline, classes"):
        make("failscape/Classifier-v0", zzzzzzzz=5)
