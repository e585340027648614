"""What surrounds a step: a chosen item, a picture to look at, and what is refused."""

from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest

from failscape.concepts import ConceptSpace
from failscape.envs.actions.jump import MAX_ACTIONS
from failscape.envs.gym_views import ConceptEnv, ConceptVectorEnv
from failscape.envs.mdp import ConceptMDP
from failscape.envs.tasks.toy import Shift, ToyTarget, make_mdp, toy_items
from failscape.errors import UsageError
from failscape.rewards import CLASSIFICATION_REWARDS
from tests.support.environments import tiny_classifier


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


@pytest.mark.parametrize("explore", ["macro", "factored"])
def test_a_step_that_cannot_be_is_refused_in_one_line(explore: str) -> None:
    single = ConceptEnv(make_mdp(explore=explore))
    many = ConceptVectorEnv(make_mdp(explore=explore), 3)
    for env, action in ((single, 0), (many, np.zeros(3, int))):
        with pytest.raises(UsageError, match=r"no episode was begun: call reset\(\) before the first step"):
            env.step(action)
        env.reset(seed=np.int64(5))
    for env, wrong, said in (
        (single, 10_000, "there is no action 10000: actions are 0 to"),
        (single, -1, "there is no action -1"),
        (single, [0, 0], r"one whole number, not an array of shape \(2,\)"),
        (single, 0.5, "an action is a whole number, not"),
        (single, "a", "an action is a whole number, not"),
        (many, np.zeros((3, 1), int), r"3 whole numbers, an array of shape \(3,\), not an array of shape \(3, 1\)"),
        (many, 0, r"not an array of shape \(\)"),
        (many, np.array([0, 0, 10_000]), "there is no action 10000"),
    ):
        with pytest.raises(UsageError, match=said):
            env.step(wrong)  # type: ignore[arg-type]
    while not any(single.step(np.int64(0))[2:4]):
        pass
    with pytest.raises(UsageError, match=r"the episode has ended: call reset\(\)"):
        single.step(np.int64(0))


def test_seeds_of_numpy_are_seeds() -> None:
    for env in (gym.make("failscape/Toy-v0"), gym.make_vec("failscape/Toy-v0", num_envs=3)):
        items = [np.asarray(env.unwrapped.reset(seed=seed)[1]["item"]).tolist() for seed in (5, np.int64(5))]
        assert items[0] == items[1]
