"""Every way to move over a grid, against its own definition."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from hypothesis import given, settings
from hypothesis import strategies as st

from failscape.concepts import ConceptSpace, concept_space
from failscape.concepts.lattice import lattice, origin
from failscape.data.batch import Images
from failscape.envs.actions.base import ActionScheme
from failscape.envs.actions.compound import Compound
from failscape.envs.actions.factored import Factored
from failscape.envs.actions.parsing import classes_seen, explored_space
from failscape.envs.actions.walk import LatticeWalk
from failscape.envs.gym_views import ConceptEnv, ConceptVectorEnv, explorable
from failscape.envs.mdp import ConceptMDP
from failscape.envs.recording import Recorder
from failscape.envs.tasks.toy import Shift, ShiftUp, ToyTarget, make_mdp, toy_items
from failscape.errors import UsageError
from failscape.records.probes import ProbeStore
from failscape.rewards import CLASSIFICATION_REWARDS

SPACE = ConceptSpace([Shift(), ShiftUp()])
WAYS: dict[str, Any] = {
    "factored": Factored,
    "micro": lambda space: LatticeWalk(space, max_steps=9),
    "fsrl": lambda space: Compound(space, max_steps=9),
}


def toy(scheme: ActionScheme | None, space: ConceptSpace = SPACE) -> ConceptMDP:
    return ConceptMDP(ToyTarget(), space, toy_items(), CLASSIFICATION_REWARDS["margin"], scheme=scheme)


@pytest.mark.parametrize("way", WAYS)
def test_one_environment_is_one_that_gymnasium_accepts(way: str) -> None:
    check_env(ConceptEnv(toy(WAYS[way](SPACE))), skip_render_check=True)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("memory", [0, 1000])
def test_many_in_lockstep_are_singles_side_by_side(way: str, memory: int) -> None:
    ours = ConceptVectorEnv(toy(WAYS[way](SPACE)), 6, memory=memory)
    theirs = SyncVectorEnv([lambda: ConceptEnv(toy(WAYS[way](SPACE)))] * 6, autoreset_mode=AutoresetMode.SAME_STEP)
    rng = np.random.default_rng(0)
    np.testing.assert_array_equal(ours.reset(seed=3)[0], theirs.reset(seed=3)[0])
    for _ in range(40):
        actions = rng.integers(int(ours.single_action_space.n), size=6)
        for a, b in zip(ours.step(actions)[:4], theirs.step(actions)[:4], strict=True):
            np.testing.assert_array_equal(a, b)


def test_axis_by_axis_is_a_jump_in_steps() -> None:
    """The last step asks what a jump to the same point asks; those before ask nothing."""
    factored, jump = ConceptVectorEnv(toy(Factored(SPACE)), 8), ConceptVectorEnv(toy(None), 8)
    rng = np.random.default_rng(1)
    factored.reset(seed=0), jump.reset(seed=0)
    for _ in range(5):
        levels = rng.integers(5, size=(2, 8))
        _, reward, terminated, _, _ = factored.step(levels[0])
        assert not reward.any() and not terminated.any()
        _, reward, terminated, _, info = factored.step(levels[1])
        _, expected, _, _, known = jump.step(np.ravel_multi_index(tuple(levels), SPACE.shape))
        assert terminated.all()
        np.testing.assert_array_equal(reward, expected)
        np.testing.assert_array_equal(info["final_info"]["point"], known["final_info"]["point"])
    assert factored.evaluator.n_queries == jump.evaluator.n_queries == 40


def test_axis_by_axis_records_only_what_it_asks(tmp_path: Path) -> None:
    envs = ConceptVectorEnv(toy(Factored(SPACE)), 4)
    envs.recorder = Recorder(ProbeStore(tmp_path / "probes.sqlite"), SPACE)
    envs.reset(seed=0)
    for _ in range(6):
        envs.step(np.zeros(4, np.int64))
    frame = envs.recorder.store.frame()
    assert len(frame) == 12 and set(frame["levels"]) == {(0, 0)} and set(frame["moves"]) == {2}
    assert set(frame["strengths"]) == {(-4, -4)}


def test_actions_beyond_a_short_axis_wrap_around() -> None:
    space = ConceptSpace([Shift([0, 1]), ShiftUp([0, 1, 2])])
    mdp = toy(Factored(space), space)
    assert mdp.action_space.n == 3
    state = mdp.transition(mdp.initial(np.zeros(3, np.int64)), np.arange(3))
    np.testing.assert_array_equal(state.points, [[0, -1], [1, -1], [0, -1]])


@given(actions=st.lists(st.integers(0, 3), max_size=12))
@settings(max_examples=60, deadline=None)
def test_a_walk_is_counting_with_ends(actions: list[int]) -> None:
    mdp = toy(LatticeWalk(SPACE, max_steps=99))
    state = mdp.initial(np.array([0]))
    at = origin(SPACE).tolist()
    for action in actions:
        state = mdp.transition(state, np.array([action]))
        at[action // 2] = min(4, max(0, at[action // 2] + (1 if action % 2 else -1)))
    assert state.points.tolist() == [at] and state.steps.tolist() == [len(actions)]


def test_a_walk_begins_with_every_bit_in_place_and_on_items_that_do_not_fail() -> None:
    mdp = toy(LatticeWalk(SPACE))
    items = explorable(mdp)
    assert not (mdp.baseline.predicted != mdp.items.group)[items].any()
    state = mdp.initial(items)
    edited = mdp.edited(state, mdp.inputs(state))
    assert torch.equal(edited.inputs, mdp.items.batch.inputs[items])


def test_a_walk_ends_at_the_first_failure_or_when_its_steps_are_spent() -> None:
    envs = ConceptVectorEnv(toy(LatticeWalk(SPACE, max_steps=5)), 16)
    rng = np.random.default_rng(0)
    envs.reset(seed=1)
    length, ends = np.zeros(16, np.int64), set()
    for _ in range(60):
        _, _, terminated, truncated, info = envs.step(rng.integers(4, size=16))
        length += 1
        done = terminated | truncated
        if done.any():
            np.testing.assert_array_equal(info["final_info"]["failed"][done], terminated[done])
            assert (length[truncated & ~terminated] == 5).all() and (length <= 5).all()
        ends |= set(terminated[done].tolist())
        length[done] = 0
    assert ends == {True, False}


def test_what_a_walk_pays_for_adds_up_to_where_it_leads() -> None:
    """Shaping telescopes: confidence lost, the failure, less the steps; whatever way was taken."""
    mdp = toy(LatticeWalk(SPACE, max_steps=99))
    item = explorable(mdp)[:1]
    state, total = mdp.initial(item), 0.0
    for action in (1, 0, 3, 2, 1, 1, 3, 3):
        before, state = state, mdp.transition(state, np.array([action]))
        state, reward = mdp.apply_outcome(before, state, mdp.evaluate(state))
        total += float(reward[0])
        if state.failed[0]:
            break
    expected = mdp.baseline.score[item[0]] - state.score[0] + state.failed[0] - 0.02 * state.steps[0]
    assert total == pytest.approx(expected, abs=1e-5)


def test_a_walk_back_ends_at_the_first_success_and_pays_for_levels() -> None:
    starts = np.tile([4, 4], (40, 1))
    mdp = toy(LatticeWalk(SPACE, starts, max_steps=99))
    item = np.array([i for i in explorable(mdp) if mdp.evaluate(mdp.initial(np.array([i]))).failed[0]][:1])
    state, paid = mdp.initial(item), []
    for action in (2, 0, 2, 0, 2, 0, 2, 0):
        before, state = state, mdp.transition(state, np.array([action]))
        state, reward = mdp.apply_outcome(before, state, mdp.evaluate(state))
        paid.append(float(reward[0]))
        if mdp.terminal(state)[0]:
            break
    assert not state.failed[0] and paid[-1] == 0
    np.testing.assert_allclose(paid[:-1], 1 / 8)


def test_compounding_edits_what_the_edits_before_have_left() -> None:
    space = explored_space("fsrl", None, None, None)
    images = torch.randint(0, 256, (3, 3, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    history = np.array([[1, 1, 0], [2, 1, -1], [-1, -1, -1]])
    rotation, darken, saturation = space.concepts
    first = darken.apply(darken.apply(images[:1], np.array([0.05])), np.array([0.1]))
    second = darken.apply(saturation.apply(images[1:2], np.array([0.05])), np.array([0.05]))
    expected = torch.cat([rotation.apply(first, np.array([0.05])), second, images[2:]])
    batch = Images(images, torch.zeros(3, dtype=torch.int64))
    assert torch.equal(space.compound(batch, history, np.arange(3)).pixels, expected)


def test_fsrl_takes_alpha_times_the_steps_off_a_failure() -> None:
    mdp = toy(Compound(SPACE, 9, alpha=5.0))
    item = explorable(mdp)[:8]
    state = mdp.transition(mdp.initial(item), np.zeros(8, np.int64))
    outcome = mdp.evaluate(state)
    _, reward = mdp.apply_outcome(state, state, outcome)
    assert outcome.failed.any() and not outcome.failed.all()
    np.testing.assert_allclose(reward, outcome.reward - 5.0 * outcome.failed)


def test_memory_tells_paths_apart_where_edits_compound() -> None:
    """Two orders of the same edits are two states."""
    mdp = toy(Compound(SPACE, 4))
    state = mdp.initial(np.array([1, 1]))
    for actions in ([0, 1], [1, 0]):
        state = mdp.transition(state, np.array(actions))
    assert (state.points[0] == state.points[1]).all()
    assert len(set(mdp.probes(state).keys)) == 2


def test_the_lattice_has_the_identity_among_its_levels() -> None:
    walked = lattice(concept_space("fsrl"))
    assert walked.shape == (5, 6, 6) and walked.order == concept_space("fsrl").order
    assert walked.label(origin(walked)) == "rotation 0°, darken 0, saturation 1"


def test_a_slice_shows_items_of_the_class_that_was_chosen() -> None:
    items = toy_items()
    space = concept_space([Shift(), "class"], classes_seen(items, ("below", "above")))
    mdp = toy(None, space)
    pool = explorable(mdp)
    for label in (0, 1):
        chosen = mdp.transition(mdp.initial(pool), np.full(len(pool), 2 * 2 + label)).items
        assert (items.group[chosen] == label).all() and not items.held_out[chosen].any()
        counts = np.bincount(chosen, minlength=len(items))[(items.group == label) & ~items.held_out]
        assert counts.max() - counts.min() <= 1
    held_out = np.flatnonzero(items.held_out)
    assert items.held_out[mdp.transition(mdp.initial(held_out), np.full(len(held_out), 1)).items].all()


def test_an_agent_that_chooses_the_class_is_told_nothing_of_the_item() -> None:
    space = concept_space([Shift(), "class"], {"below": 0, "above": 1})
    mdp = toy(None, space)
    observed = mdp.observe(mdp.initial(explorable(mdp)))
    assert (observed == observed[0]).all()
    check_env(ConceptEnv(mdp), skip_render_check=True)


def test_a_class_without_items_on_both_sides_cannot_be_chosen() -> None:
    items = toy_items()
    only = replace(items, held_out=items.held_out & (items.group == 0))
    assert classes_seen(only, ("below", "above")) == {"below": 0}
    nothing_held_out = replace(items, held_out=np.zeros(len(items), bool))
    assert classes_seen(nothing_held_out, ("below", "above")) == {"below": 0, "above": 1}


REFUSED = {
    "no way to explore 'macros'; did you mean macro?": {"explore": "macros"},
    "only explore=micro starts from a run, not macro": {"start": "runs/a"},
    "class has no level that changes nothing, so no walk can begin there; leave it out": {
        "explore": "micro",
        "concepts": ["class", "darken"],
    },
}


@pytest.mark.parametrize("message", REFUSED)
def test_a_walk_that_makes_no_sense_is_refused_in_one_line(message: str) -> None:
    with pytest.raises(UsageError) as error:
        gym.make_vec("failscape/Classifier-v0", num_envs=1, max_items=20, **REFUSED[message])
    assert str(error.value) == message


def test_a_jump_over_too_many_points_names_the_way_that_can() -> None:
    five = [f"{name}=0..1/11" for name in ("darken", "brightness", "saturation", "contrast", "gaussian_blur")]
    with pytest.raises(UsageError, match="choose axis by axis with explore=factored"):
        gym.make_vec("failscape/Classifier-v0", num_envs=1, concepts=five, max_items=20)


@pytest.mark.parametrize("explore", ["macro", "factored", "micro", "fsrl"])
def test_actions_that_there_are_not_are_refused(explore: str) -> None:
    mdp = make_mdp(explore=explore)
    envs, one = ConceptVectorEnv(mdp, 2), ConceptEnv(mdp)
    envs.reset(seed=0), one.reset(seed=0)
    for action in (-1, mdp.scheme.n_actions, 10**6):
        message = f"there is no action {action}: actions are 0 to {mdp.scheme.n_actions - 1}"
        with pytest.raises(UsageError, match=message):
            envs.step(np.array([0, action]))
        with pytest.raises(UsageError, match=message):
            one.step(np.int64(action))
    envs.step(np.array([0, mdp.scheme.n_actions - 1]))
