"""From the number of an action to what it does, for every family and every way to explore."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from failscape.common.task import tasks
from failscape.concepts import ConceptSpace
from failscape.envs.actions.factored import Factored
from failscape.envs.actions.parsing import EXPLORATIONS
from failscape.envs.gym_views import ConceptEnv, ConceptVectorEnv
from failscape.envs.mdp import ConceptMDP
from failscape.envs.tasks.toy import Shift, ShiftUp, ToyTarget, make_mdp, toy_items
from failscape.errors import UsageError
from failscape.rewards import CLASSIFICATION_REWARDS
from tests.support.environments import tiny_classifier
from tests.support.pipelines import DRAWN, tiny_drawer
from tests.support.tiny_text import tiny_summarizer

EVERY = [(task.env_id, explore) for task in tasks() for explore in EXPLORATIONS]


@pytest.fixture(params=EVERY, ids=" ".join)
def envs(request: pytest.FixtureRequest, pictures: Path) -> Iterator[Any]:
    """Each family's environment, explored in each way that it knows."""
    env_id, explore = request.param
    own: dict[str, dict[str, Any]] = {
        "failscape/Classifier-v0": {"target": tiny_classifier(), "data": pictures},
        "failscape/Summarizer-v0": {"target": tiny_summarizer(), "data": "reports:?n=60"},
        "failscape/TextToImage-v0": {"target": tiny_drawer(), **DRAWN},
    }
    try:
        made = gym.make_vec(env_id, num_envs=2, explore=explore, **own.get(env_id, {}))
    except UsageError as error:
        assert str(error).startswith("no way to explore")
        pytest.skip(str(error))
    yield made
    made.close()


def test_every_action_says_what_it_does(envs: Any) -> None:
    mdp = envs.unwrapped.mdp
    told = [envs.unwrapped.describe_action(action) for action in range(mdp.scheme.n_actions)]
    assert len(set(told)) == len(told) and all(told) and not any("\n" in text for text in told)
    assert told == [ConceptEnv(mdp).describe_action(np.int64(action)) for action in range(mdp.scheme.n_actions)]


def test_an_action_leads_where_it_says(envs: Any) -> None:
    mdp = envs.unwrapped.mdp
    scheme, space = mdp.scheme, mdp.space
    begun = mdp.initial(np.flatnonzero(mdp.playable)[:1])
    for action in range(scheme.n_actions):
        told = scheme.describe(action)
        after = mdp.transition(begun, np.array([action]))
        if scheme.actions_are_points:
            missing = action in space.missing
            assert missing or told == space.label(after.points[0])
            assert told.endswith("(no item suits it; another point is asked instead)") == missing
        elif scheme.walks:
            if all(concept.categorical for concept in space.concepts):  # an action sets a level
                assert told in space.label(after.points[0]) or told.endswith("not filled")
                continue
            axis, up = (action // 2, action % 2) if scheme.n_actions == 2 * len(space.shape) else (action, 1)
            there = begun.points[0][axis] + (1 if up else -1)
            assert told.startswith(space.names[axis]) and ("lower" in told) == (not up)
            assert after.points[0][axis] == np.clip(there, 0, space.shape[axis] - 1)
        else:
            assert told.startswith(f"step 1: {space.concepts[0].label(int(after.points[0][0]))}")


def test_what_each_scheme_says_in_full() -> None:
    said = {explore: make_mdp(explore=explore).describe_action(1) for explore in EXPLORATIONS}
    assert said == {
        "macro": "right -4, up -2",
        "factored": "step 1: right -2; step 2: up -2",
        "micro": "right one level higher",
        "fsrl": "up one level higher, on what the edits before have left",
    }


def test_actions_beyond_a_short_axis_say_what_they_wrap_around_to() -> None:
    space = ConceptSpace([Shift([0, 1]), ShiftUp([0, 1, 2])])
    mdp = ConceptMDP(ToyTarget(), space, toy_items(), CLASSIFICATION_REWARDS["margin"], scheme=Factored(space))
    assert mdp.describe_action(2) == "step 1: right 0; step 2: up 2"


def test_a_point_that_is_missing_says_that_another_is_asked() -> None:
    space = ConceptSpace([Shift([0, 1]), ShiftUp([0, 1])], missing=[2])
    mdp = ConceptMDP(ToyTarget(), space, toy_items(), CLASSIFICATION_REWARDS["margin"])
    assert mdp.describe_action(1) == "right 0, up 1"
    assert mdp.describe_action(2) == "right 1, up 0 (no item suits it; another point is asked instead)"


@pytest.mark.parametrize("explore", EXPLORATIONS)
def test_a_number_that_is_no_action_is_refused_in_one_line(explore: str) -> None:
    mdp = make_mdp(explore=explore)
    for env in (ConceptEnv(mdp), ConceptVectorEnv(mdp, 3), mdp):
        for action in (-1, mdp.scheme.n_actions, 10**6):
            with pytest.raises(UsageError) as error:
                env.describe_action(action)
            assert str(error.value) == f"there is no action {action}: actions are 0 to {mdp.scheme.n_actions - 1}"
    for wrong, said in ((0.5, "an action is a whole number, not"), ([0, 1], "an action is one whole number, not an")):
        with pytest.raises(UsageError, match=said):
            ConceptVectorEnv(mdp, 3).describe_action(wrong)  # type: ignore[arg-type]
