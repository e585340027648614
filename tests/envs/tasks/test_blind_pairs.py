"""Pairs of a picture and its edited version under two encoders whose blindness is known."""

from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from PIL import Image

from failscape.data.pairs.batch import Pictures
from failscape.data.street.traffic.factors import BY_NAME, vary
from failscape.data.street.traffic.render import render_traffic
from failscape.envs.mdp import ConceptMDP
from failscape.envs.tasks.blind_pairs import make_mdp
from failscape.envs.tasks.scene_concepts import SCENE_CONCEPTS
from failscape.errors import UsageError
from failscape.rewards.pair_similarity import ANSWERS, similarities
from failscape.targets.registry import load_target
from tests.support import pair_encoders

assert pair_encoders.SIDE == 8  # importing it registers the encoders
SCENES = {"target": "seesred:", "reference": "seesall:", "data": "street:traffic?n=60", "above": 0.99, "below": 0.97}


@pytest.fixture(scope="module")
def mdp() -> ConceptMDP:
    return make_mdp(**SCENES, concepts=["other-color", "other-light"])


def embedded(uri: str, pictures: np.ndarray) -> torch.Tensor:
    encoder = load_target(uri, "cpu")
    prepared = [encoder.prepare(Image.fromarray(np.ascontiguousarray(p.transpose(1, 2, 0)))) for p in pictures]
    found: torch.Tensor = encoder(torch.stack(prepared)).embeddings
    return found


def test_a_pair_is_judged_by_both_encoders(mdp: ConceptMDP) -> None:
    items, grid = np.arange(60), mdp.space.grid()
    batch: Any = mdp.items.batch
    for point in grid:
        outcome = mdp.evaluate(mdp.at(items, np.tile(point, (60, 1))))
        scenes = [
            _next(scene, [n for n, level in zip(("color", "light"), point, strict=True) if level])
            for scene in batch.scene
        ]
        edited = render_traffic(scenes)
        target, reference = (
            (embedded(uri, batch.pixels.numpy()) * embedded(uri, edited)).sum(dim=1).numpy()
            for uri in ("seesred:", "seesall:")
        )
        np.testing.assert_array_equal(outcome.failed, (target > 0.99) & (reference < 0.97))
        np.testing.assert_allclose(outcome.reward, target - reference, atol=1e-5)
        found = [similarities(*pair) for pair in zip(outcome.reward, outcome.confidence, strict=True)]
        np.testing.assert_allclose(found, np.stack([target, reference], axis=1), atol=1e-5)
        assert ((outcome.severity > 0.5) == outcome.failed).all()
        assert ((outcome.predicted == ANSWERS.index("blind")) == outcome.failed).all()
    assert not mdp.baseline.failed.any() and (mdp.baseline.predicted == 0).all()


def _next(scene: Any, names: list[str]) -> Any:
    for name in names:
        values = BY_NAME[name].values
        scene = vary(scene, **{name: values[(values.index(getattr(scene, name)) + 1) % len(values)]})
    return scene


def test_pixels_are_edited_after_scenes_are_drawn() -> None:
    mdp = make_mdp(**SCENES, concepts=["flip", "other-color"])
    state = mdp.at(np.arange(3), np.tile([1, 1], (3, 1)))
    batch: Any = mdp.items.batch
    drawn = render_traffic([_next(scene, ["color"]) for scene in batch.scene[:3]])
    edited: Any = mdp.edited(state, mdp.inputs(state))
    np.testing.assert_array_equal(edited.pixels.numpy(), drawn[..., ::-1])


def test_every_factor_can_be_edited_but_those_of_people() -> None:
    assert set(SCENE_CONCEPTS) == {f"other-{name}" for name in BY_NAME} - {"other-job", "other-hair"}
    scenes = [scene for scene in make_mdp(**SCENES).items.batch.field("scene")[:5]]
    for name, concept in SCENE_CONCEPTS.items():
        column = np.empty(5, object)
        column[:] = scenes
        edited = concept().apply(column, np.ones(5))
        factor = name.removeprefix("other-")
        assert all(getattr(a, factor) != getattr(b, factor) for a, b in zip(scenes, edited, strict=True))
        assert all(vary(b, **{factor: getattr(a, factor)}) == a for a, b in zip(scenes, edited, strict=True))


def test_the_observation_tells_nothing_of_the_reference_beforehand() -> None:
    one, other = (make_mdp(**{**SCENES, "reference": uri, "below": 0.97}) for uri in ("seesall:", "seesred:"))
    items = np.arange(60)
    np.testing.assert_allclose(one.observe(one.initial(items)), other.observe(other.initial(items)), atol=1e-6)


@pytest.mark.parametrize("explore", ["macro", "factored", "micro"])
def test_every_way_to_explore_runs(explore: str) -> None:
    envs = gym.make_vec("failscape/ClipBlindPairs-v0", num_envs=4, explore=explore, **SCENES)
    envs.reset(seed=0)
    for _ in range(10):
        _, reward, *_ = envs.step(envs.action_space.sample())
        assert np.isfinite(reward).all()


def test_pictures_of_any_shape_become_squares(tmp_path: Path) -> None:
    for index, size in enumerate([(40, 30), (30, 40), (300, 250), (224, 224), (16, 16)] * 3):
        pixels = np.random.default_rng(index).integers(0, 256, (size[1], size[0], 3)).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{index}.png")
    mdp = make_mdp(target="seesred:", reference="seesall:", data=tmp_path, above="q0.9", below="q0.5")
    batch = mdp.items.batch
    assert isinstance(batch, Pictures) and batch.pixels.shape == (15, 3, 224, 224)
    assert mdp.space.names == ("rotation", "flip", "hue", "occlusion")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"reference": None}, "needs a second encoder to be compared with: give --reference"),
        ({"data": None}, "needs pictures to look at: give --data"),
        ({"target": "embedded:street-signs"}, "is no encoder of pictures"),
        ({"explore": "fsrl"}, "no way to explore pairs 'fsrl'"),
        ({"above": 1.5}, "--above is 1.5; it is a cosine between -1 and 1"),
        ({"above": "high"}, "--above: 'high' is no threshold"),
        ({"concepts": ["other-colour"]}, "did you mean other-color"),
        ({"concepts": ["misspellings"]}, "no concept 'misspellings' here"),
    ],
)
def test_a_mistake_is_one_line(options: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        make_mdp(**{**SCENES, **options})


def test_neighbors_are_pictures_of_the_corpus_that_are_not_held_out() -> None:
    mdp = make_mdp(**SCENES, concepts=["neighbor=1,3", "other-light"], regions=3)
    assert mdp.nouns.group == "region" and len(mdp.group_names) == 3
    assert "a picture and another one of the corpus" in mdp.nouns.measure
    items, batch = np.arange(60), mdp.items.batch
    vectors = embedded("seesred:", batch.field("pixels").numpy()).double()
    similarity = (vectors @ vectors.T).numpy()
    similarity[:, mdp.items.held_out] = -2
    np.fill_diagonal(similarity, -2)
    order = np.argsort(-similarity, axis=1, kind="stable")
    for level, rank in enumerate((1, 3)):
        state = mdp.at(items, np.tile([level, 0], (60, 1)))
        edited: Any = mdp.edited(state, mdp.inputs(state))
        np.testing.assert_array_equal(edited.pixels.numpy(), batch.field("pixels").numpy()[order[:, rank - 1]])
    state = mdp.at(items, np.tile([0, 1], (60, 1)))
    edited = mdp.edited(state, mdp.inputs(state))
    scenes = [_next(batch.field("scene")[row], ["light"]) for row in order[:, 0]]
    np.testing.assert_array_equal(edited.pixels.numpy(), render_traffic(scenes))


def test_an_agent_can_choose_the_region() -> None:
    mdp = make_mdp(**SCENES, concepts=["region", "neighbor=1,2"], regions=2)
    assert mdp.space.group_axis == 0 and mdp.space.n_points == 4
    items = np.flatnonzero(~mdp.items.held_out)
    after = mdp.transition(mdp.initial(items), np.full(len(items), 3))
    assert set(mdp.items.group[after.items].tolist()) == {1}


def test_walks_go_from_the_nearest_pictures_to_farther_ones() -> None:
    mdp = make_mdp(**SCENES, concepts=["neighbor=1,2,4"], explore="micro")
    assert [mdp.describe_action(action) for action in range(2)] == [
        "neighbor one level lower",
        "neighbor one level higher",
    ]


def test_neighbors_that_are_not_there_are_refused() -> None:
    with pytest.raises(UsageError, match=r"there is no neighbor 80 among 4\d pictures; give lower ranks, or more"):
        make_mdp(**SCENES, concepts=["neighbor=1,80"])
    with pytest.raises(UsageError, match="neighbor takes whole ranks"):
        make_mdp(**SCENES, concepts=["neighbor=1,2.5"])
