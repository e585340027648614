import dataclasses
import itertools
import subprocess
import sys

import numpy as np
import pytest
import torch

from failscape.data.street import (
    GAPS,
    SIGNS,
    SceneFactors,
    StreetSource,
    in_gap,
    render,
    sample_factors,
    sample_trained,
)
from failscape.data.street.factors import LIGHTS, PLACES, RANGES, WEATHERS
from failscape.data.street.signs import faces
from failscape.errors import UsageError


def plain(sign="yield", **changes):
    return dataclasses.replace(SceneFactors(sign, detail=3), **changes)


def difference(one, other):
    """Mean absolute difference of two pictures, in [0, 255]."""
    return np.abs(one.astype(float) - other.astype(float)).mean()


def middle(picture):
    """The part of a (3, H, W) picture that the sign of a plain scene covers."""
    return picture[:, 18:36, 22:42].astype(float)


def test_pictures_are_uint8_batches_of_the_asked_size():
    scenes = [sample_factors(0, i) for i in range(3)]
    assert render(scenes).shape == (3, 3, 64, 64)
    assert render(scenes, size=96).shape == (3, 3, 96, 96)
    assert render([]).shape == (0, 3, 64, 64)
    pictures = render(scenes)
    assert pictures.dtype == np.uint8
    assert pictures.flags.c_contiguous


def test_a_scene_does_not_depend_on_its_batch():
    scenes = [sample_factors(4, i) for i in range(24)]
    together = render(scenes)
    assert [sample_factors(4, i) for i in reversed(range(24))] == scenes[::-1]
    assert np.array_equal(together, np.concatenate([render([scene]) for scene in scenes]))
    assert np.array_equal(together[5:9], render(scenes[5:9]))


def test_a_scene_is_the_same_in_another_process():
    program = (
        "from failscape.data.street import render, sample_factors;"
        "print(render([sample_factors(4, i) for i in range(8)]).astype(int).sum(axis=(1, 2, 3)).tolist())"
    )
    elsewhere = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    here = render([sample_factors(4, i) for i in range(8)]).astype(int).sum(axis=(1, 2, 3)).tolist()
    assert elsewhere.strip() == str(here)


def test_seeds_and_indices_give_different_scenes():
    scenes = [sample_factors(seed, i) for seed in range(4) for i in range(50)]
    assert len(set(scenes)) == 200


def test_signs_differ_from_one_another_and_nothing_else_does():
    pictures = render([plain(sign) for sign in SIGNS])
    for one, other in itertools.combinations(pictures, 2):
        assert difference(middle(one), middle(other)) > 5
        assert np.array_equal(one[:, 50:, :20], other[:, 50:, :20])


def test_signs_have_their_colours():
    red, green, blue = (render([plain(sign) for sign in SIGNS])[:, c, 16:38, 22:42].mean((1, 2)) for c in range(3))
    colours = {sign: (red[i], green[i], blue[i]) for i, sign in enumerate(SIGNS)}
    for sign in ("stop", "no-entry"):
        assert colours[sign][0] > 1.3 * colours[sign][2]
    for sign in ("turn-left", "straight", "parking"):
        assert colours[sign][2] > 1.3 * colours[sign][0]
    assert colours["priority-road"][1] > 1.2 * colours["priority-road"][2]


@pytest.mark.parametrize("kind", ["turn", "bend", "bear"])
def test_left_and_right_are_mirrored_faces(kind):
    left, right = (faces(f"{kind}-{side}")[0].astype(int) for side in ("left", "right"))
    assert difference(left, right[:, ::-1]) < 3
    assert difference(left, right) > 5


def test_a_yield_sign_is_a_triangle_on_its_tip():
    opaque = faces("yield")[0][..., 3] > 128
    assert opaque[40].sum() > 3 * opaque[200].sum() > 0
    upright = faces("bend-left")[0][..., 3] > 128
    assert upright[200].sum() > 3 * upright[40].sum() > 0


def test_tilt_turns_the_sign_clockwise():
    quarter = render([plain("turn-right", tilt=90.0, y=0.5)])[0]
    white = np.where(quarter.min(axis=0) > 200, 1, 0)[20:44, 20:44]
    assert white[14:].sum() > white[:10].sum()  # the head of the arrow points down


@pytest.mark.parametrize("weather", [w for w in WEATHERS if w != "clear"])
def test_weather_shows(weather):
    clear, other = render([plain("stop"), plain("stop", weather=weather)])
    assert difference(clear, other) > 10


@pytest.mark.parametrize("place", PLACES[1:])
def test_places_show(place):
    one, other = render([plain("stop"), plain("stop", place=place)])
    assert difference(one[:, 20:42], other[:, 20:42]) > 10


def test_light_falls_from_day_to_night():
    day, dusk, night = render([plain("stop", light=light) for light in LIGHTS]).mean(axis=(1, 2, 3))
    assert day > 1.15 * dusk > 1.15 * 1.5 * night


def test_fading_takes_colour_and_exposure_takes_light():
    full, faded, dim = render([plain("stop"), plain("stop", fade=1.0), plain("stop", exposure=0.7)])
    colour = [np.ptp(middle(picture), axis=0).mean() for picture in (full, faded)]
    assert colour[1] < 0.3 * colour[0]
    assert dim.mean() == pytest.approx(0.7 * full.mean(), rel=0.02)


def test_constraints_choose_fix_and_bound():
    scenes = [
        sample_factors(1, i, sign="stop", weather=("rain", "fog"), tilt=(-1, 1), size=0.5, light=("day",))
        for i in range(60)
    ]
    assert {scene.sign for scene in scenes} == {"stop"}
    assert {scene.weather for scene in scenes} == {"rain", "fog"}
    assert {scene.light for scene in scenes} == {"day"}
    assert {scene.size for scene in scenes} == {0.5}
    assert all(-1 <= scene.tilt <= 1 for scene in scenes)
    free = [sample_factors(1, i) for i in range(60)]
    assert [scene.x for scene in scenes] == [scene.x for scene in free]


def test_unknown_names_are_refused_with_the_closest():
    with pytest.raises(UsageError, match="no factor 'wether' to constrain; did you mean weather"):
        sample_factors(0, 0, wether="rain")
    with pytest.raises(UsageError, match="no sign 'bend-lef'; did you mean bend-left"):
        SceneFactors("bend-lef")
    with pytest.raises(UsageError, match="no light 'noon'; known: day, dusk, night"):
        SceneFactors("stop", light="noon")


def test_the_whole_world_is_drawn_within_its_ranges():
    scenes = [sample_factors(2, i) for i in range(2000)]
    assert {scene.sign for scene in scenes} == set(SIGNS)
    assert {scene.weather for scene in scenes} == set(WEATHERS)
    assert {scene.light for scene in scenes} == set(LIGHTS)
    assert {scene.place for scene in scenes} == set(PLACES)
    for name, (low, high) in RANGES.items():
        values = [getattr(scene, name) for scene in scenes]
        assert low <= min(values) < low + 0.05 * (high - low)
        assert high >= max(values) > high - 0.05 * (high - low)


def test_signs_stay_inside_the_picture():
    for scene in [sample_factors(2, i) for i in range(500)]:
        assert scene.size / 2 <= scene.x <= 1 - scene.size / 2
        assert scene.size / 2 <= scene.y <= 1 - scene.size / 2


@pytest.mark.parametrize(
    ("changes", "gap"),
    [
        ({}, None),
        ({"tilt": 2.0}, None),
        ({"tilt": 2.5}, "tilt"),
        ({"tilt": -2.5}, "tilt"),
        ({"light": "dusk"}, None),
        ({"light": "night"}, "night"),
        ({"weather": "rain"}, None),
        ({"sign": "speed-30", "size": 0.34}, None),
    ],
)
def test_in_gap(changes, gap):
    assert in_gap(plain(**changes)) == gap


def test_the_trained_world_lies_outside_the_gaps_and_the_whole_one_inside_those_of_scenes():
    assert {in_gap(sample_trained(0, i)) for i in range(1000)} == {None}
    assert {in_gap(sample_factors(0, i)) for i in range(2000)} == {None, "tilt", "night"} < {None, *GAPS}


def test_source():
    source, longer = StreetSource(n=40, seed=3), StreetSource(n=60, seed=3, size=32)
    assert source.names[12] == "street-3-000012"
    assert len(set(source.names)) == 40
    assert source.labels.shape == (40,)
    assert source.labels.dtype == np.int64
    assert source.skipped == []
    assert [SIGNS[label] for label in source.labels] == [source.factors(i).sign for i in range(40)]
    assert source.names == longer.names[:40]
    assert source.factors(7) == longer.factors(7)
    picture = source.load(7)
    assert (picture.mode, picture.size, longer.load(7).size) == ("RGB", (64, 64), (32, 32))
    assert np.array_equal(np.asarray(picture), render([source.factors(7)])[0].transpose(1, 2, 0))


def test_source_keeps_to_the_trained_world_unless_asked():
    assert {in_gap(StreetSource(n=200).factors(i)) for i in range(200)} == {None}
    whole = StreetSource(n=200, gaps=True)
    assert {"tilt", "night"} <= {in_gap(whole.factors(i)) for i in range(200)}
    assert not set(whole.names) & set(StreetSource(n=200).names)


@pytest.fixture(scope="module")
def classifier():
    from failscape.targets.registry import load_target

    return load_target("embedded:street-signs", "cpu")


def accuracy(classifier, scenes):
    answers = classifier(torch.from_numpy(render(scenes))).logits.argmax(dim=1).numpy()
    return np.mean(answers == [SIGNS.index(scene.sign) for scene in scenes])


def test_the_checkpoint_reads_held_out_scenes_but_not_those_in_its_gaps(classifier):
    assert classifier.class_names == SIGNS
    assert classifier.image_size == (3, 64, 64)
    assert accuracy(classifier, [sample_trained(0, i) for i in range(600)]) >= 0.98
    upright = {"tilt": (-2, 2)}
    assert accuracy(classifier, [sample_factors(0, i, light="night", **upright) for i in range(300)]) < 0.9
    arrows = {"sign": ("straight", "bear-left", "bear-right"), "light": ("day", "dusk")}
    assert accuracy(classifier, [sample_factors(0, i, tilt=(9, 12), **arrows) for i in range(300)]) < 0.9
