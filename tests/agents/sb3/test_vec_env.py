"""The view of SB3 says the same in its own words."""

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from failscape.agents.sb3.vec_env import Sb3VecEnv
from failscape.envs.gym_views import ConceptEnv, ConceptVectorEnv, slot_seeds
from failscape.envs.tasks.toy import make_mdp
from tests.support.environments import long_mdp


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
