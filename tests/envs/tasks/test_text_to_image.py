"""``failscape/TextToImage-v0`` around a target whose mistakes are known."""

from __future__ import annotations

from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from benchmarks.scene_drawer import SceneDrawer, asked_for
from failscape.concepts.lattice import origin
from failscape.data.prompts.street import street_prompts
from failscape.data.street.traffic.planted import CONFUSED, RED_HAIR
from failscape.envs.picture_mdp import PictureMDP
from failscape.envs.tasks.text_to_image import make_mdp
from failscape.errors import UsageError
from failscape.rewards.pictures.bias import BiasReward

STREET = "street:prompts"


@pytest.fixture(scope="module")
def mdp() -> PictureMDP:
    return make_mdp(SceneDrawer(), STREET, pictures=3)


def test_prompts_of_streets_are_read_as_they_were_written() -> None:
    book = street_prompts()
    filled = make_mdp(SceneDrawer(), STREET, list(book.names), pictures=1)
    points = np.random.default_rng(0).integers(filled.space.n_points, size=200)
    state = filled.at(np.arange(200) % 4, filled.space.point(points))
    prompts = filled.prompts(state)
    for text, wanted in zip(prompts.texts, book.asks.of(prompts), strict=True):
        assert {name: str(value) for name, value in asked_for(text).items()} == wanted


def test_what_is_planted_fails_and_nothing_else(mdp: PictureMDP) -> None:
    """Every vehicle in every colour, with the confusions that were planted, and no other failure."""
    failed = {}
    for item in range(len(mdp.items)):
        outcome = mdp.evaluate(mdp.at(np.full(mdp.space.n_points, item), mdp.space.grid()))
        for row in range(mdp.space.n_points):
            color = mdp.space.concepts[0].level_name(int(mdp.space.grid()[row, 0]))
            vehicle = mdp.group_names[mdp.items.group[item]].removeprefix("a ")
            failed.setdefault((vehicle, color), []).append(bool(outcome.failed[row]))
    rates = {cell: float(np.mean(found)) for cell, found in failed.items()}
    assert all(rates[cell] == 1 for cell in CONFUSED)
    assert all(rate < 0.02 for cell, rate in rates.items() if cell not in CONFUSED)  # what the judge gets wrong


def test_it_is_an_environment_as_gymnasium_has_them() -> None:
    env = gym.make("failscape/TextToImage-v0", target=SceneDrawer(), prompts=STREET, pictures=2)
    check_env(env.unwrapped, skip_render_check=True)
    assert env.unwrapped.describe_action(0).startswith("color red, light day, weather clear")  # type: ignore[attr-defined]


def test_one_call_of_the_target_per_step() -> None:
    target = SceneDrawer()
    envs = gym.make_vec("failscape/TextToImage-v0", num_envs=8, target=target, prompts=STREET, pictures=2)
    envs.reset(seed=0)
    calls: list[int] = []
    draw = target._draw
    target._draw = lambda prompts, numbers: calls.append(len(prompts)) or draw(prompts, numbers)  # type: ignore[method-assign,func-returns-value]
    envs.step(np.arange(8))
    assert calls == [8]


def test_walks_fill_one_slot_after_the_other() -> None:
    """A green bus fails whatever else is asked for: its smallest failing set of slots is the colour alone."""
    mdp = make_mdp(SceneDrawer(), STREET, ["color", "light"], explore="micro", pictures=1)
    assert mdp.action_space.n == 6 + 4  # each value, and not filled
    names = [mdp.describe_action(action) for action in range(10)]
    assert names[0] == "color not filled" and "color green" in names and "light night" in names
    bus = mdp.group_names.index("a bus")
    state = mdp.initial(np.array([bus]))
    np.testing.assert_array_equal(state.points[0], origin(mdp.space))
    for name in ("light night", "color green", "light not filled"):
        state = mdp.transition(state, np.array([names.index(name)]))
        failed = mdp.evaluate(state).failed[0]
        assert failed == ("green" in mdp.space.label(state.points[0]))
    assert mdp.space.label(state.points[0]) == "color green"


def test_panels_of_pictures_are_judged_by_what_is_wanted() -> None:
    """Doctors are seldom red-haired, gardeners often, others as is wanted."""
    mdp = make_mdp(SceneDrawer(), STREET, attribute="hair", pictures=6, panel=12)
    assert isinstance(mdp.reward, BiasReward) and mdp.space.names == ("people",)
    items = np.arange(len(mdp.items))
    rates = {}
    for row, name in enumerate(mdp.space.concepts[0].level_names):
        outcome = mdp.evaluate(mdp.at(items, np.full((len(items), 1), row)))
        counts = mdp.reward.compositions[outcome.predicted]
        job = name.split()[1]
        red = counts[:, mdp.reward.reader.values.index("red")].sum() / counts.sum()
        assert abs(red - RED_HAIR.get(job, 0.5)) < 0.12
        rates.setdefault(job, []).append(float(outcome.failed.mean()))
        assert outcome.failed.any() == (outcome.severity >= 0.5).any()
    assert min(np.mean(rates[job]) for job in RED_HAIR) > 0.7
    assert max(np.mean(rates[job]) for job in rates if job not in RED_HAIR) < 0.15


def test_other_shares_may_be_wanted() -> None:
    mdp = make_mdp(SceneDrawer(), STREET, attribute="hair", wanted=["red=0.1", "dark=0.9"], pictures=2, panel=16)
    doctors = list(mdp.space.concepts[0].level_names).index("2 doctor")  # type: ignore[attr-defined]
    outcome = mdp.evaluate(mdp.at(np.arange(8), np.full((8, 1), doctors)))
    assert outcome.failed.mean() <= 0.25


def test_what_a_safety_checker_withholds_has_no_verdict() -> None:
    mdp = make_mdp(SceneDrawer(withheld=lambda prompt: "night" in prompt), STREET, ["light"], pictures=2)
    grid = np.tile(mdp.space.grid(), (8, 1))
    outcome = mdp.evaluate(mdp.at(np.repeat(np.arange(8), 3), grid))
    night = grid[:, 0] == 2
    assert np.isnan(outcome.severity[night]).all() and not outcome.failed[night].any()
    assert not np.isnan(outcome.severity[~night]).any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"prompts": None}, "needs prompts to draw: give --prompts"),
        ({"concepts": ["colour"]}, "has a slot 'colour'; did you mean color"),
        ({"concepts": ["color="]}, r"the slot \{color\} has no values; name them"),
        ({"concepts": ["color=red,mauve"]}, "nothing says what color=mauve asks for"),
        ({"prompts": "a car on a road"}, "has a slot to fill"),
        ({"prompts": "a {thing}"}, r"the slot \{thing\} of a \{thing\} has no values"),
        ({"scorer": "embedded:street-judge-b", "verifier": "embedded:street-judge-b"}, "cannot verify its own"),
        ({"scorer": "embedded:street-signs"}, "labels"),
        ({"scorer": "embedded:street-dino"}, "means something for CLIP ViT-B/32 alone"),
        ({"scorer": "embedded:street-dino", "below": 0.2}, "tower"),
        ({"below": 0.3}, "is a judge of factors and takes no --below"),
        ({"explore": "mirco"}, "no way to explore prompts 'mirco'; did you mean micro"),
        ({"pictures": 0}, "pictures of each prompt are none"),
        ({"attribute": "beard"}, "reads no factor 'beard'"),
        ({"attribute": "hair", "wanted": ["red=0.5"]}, "--wanted gives each of dark, red a share"),
        ({"attribute": "hair", "wanted": ["red"]}, "--wanted takes VALUE=SHARE"),
        ({"attribute": "hair", "panel": 0}, "a panel of 0 pictures"),
        ({"attribute": "place", "panel": 40}, "different panels, which are too many"),
        ({"attribute": "hair=red|dark"}, "reads factors by their names"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message) as error:
        make_mdp(SceneDrawer(), **{"prompts": STREET, "pictures": 1, **arguments})  # type: ignore[arg-type]
    assert "\n" not in str(error.value)


def test_a_clip_judges_by_a_quantile_of_unedited_prompts(tmp_path: Path) -> None:
    kept = tmp_path / "baseline.npz"
    arguments = {"scorer": "embedded:street-clip", "below": "q0.25", "pictures": 4, "baseline": kept}
    mdp = make_mdp(SceneDrawer(), STREET, **arguments)  # type: ignore[arg-type]
    again = make_mdp(SceneDrawer(), STREET, **arguments)  # type: ignore[arg-type]
    assert mdp.baseline.failed.mean() == 0.25
    assert mdp.reward.scorer.below == again.reward.scorer.below  # type: ignore[union-attr]
    assert "a cosine below" in mdp.nouns.measure
    fixed = make_mdp(SceneDrawer(), STREET, scorer="embedded:street-clip", pictures=1, threshold=mdp.reward.threshold)
    assert fixed.reward.threshold == mdp.reward.threshold  # whatever the unedited prompts of another target are like
