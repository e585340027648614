"""Traffic scenes: what a factor changes, what it leaves alone, and what a small picture no longer shows."""

from typing import Any

import numpy as np
import pytest
from PIL import Image

from failscape.data.street.traffic import FACTORS, TrafficFactors, render_traffic, sample_traffic, table, vary
from failscape.data.street.traffic.board import CELLS, HEIGHT, WIDTH
from failscape.data.street.traffic.factors import KINDS, OF_PEOPLE
from failscape.data.street.traffic.layout import arrange
from failscape.data.street.traffic.source import TrafficSource
from failscape.errors import UsageError

SCENES = [sample_traffic(5, index) for index in range(24)]
PEOPLED = [sample_traffic(5, index, count=(1, 2, 3)) for index in range(24)]


def small(scenes: list[TrafficFactors], filter: Image.Resampling) -> np.ndarray:
    pictures = render_traffic(scenes).transpose(0, 2, 3, 1)
    return np.stack([np.asarray(Image.fromarray(picture).resize((32, 32), filter)) for picture in pictures]).astype(int)


def test_a_picture_depends_on_its_own_factors_alone() -> None:
    together = render_traffic(SCENES)
    assert together.shape == (24, 3, 64, 64)
    assert together.dtype == np.uint8
    for scene, picture in zip(SCENES, together, strict=True):
        np.testing.assert_array_equal(render_traffic([scene])[0], picture)
    assert render_traffic([]).shape == (0, 3, 64, 64)
    assert render_traffic(SCENES[:1], 224).shape == (1, 3, 224, 224)


@pytest.mark.parametrize("factor", FACTORS, ids=lambda factor: factor.name)
def test_every_value_of_a_factor_is_seen(factor) -> None:
    assert factor.kind in KINDS
    for scene in PEOPLED[:6]:
        pictures = render_traffic([vary(scene, **{factor.name: value}) for value in factor.values])
        assert len({picture.tobytes() for picture in pictures}) == len(factor.values)


@pytest.mark.parametrize("name", OF_PEOPLE)
def test_without_people_nothing_of_them_is_seen(name: str) -> None:
    empty = [vary(scene, count=0) for scene in SCENES]
    values = next(factor.values for factor in FACTORS if factor.name == name)
    one, other = (render_traffic([vary(scene, **{name: value}) for scene in empty]) for value in values[:2])
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("changed", [{"flag": "shown"}, {"letter": "L"}])
def test_what_is_on_the_board_changes_nothing_beside_it(changed: dict[str, str]) -> None:
    before = [vary(scene, flag="absent", letter="T") for scene in SCENES]
    differs = (render_traffic(before) != render_traffic([vary(scene, **changed) for scene in before])).any(axis=1)
    for scene, pixels in zip(before, differs, strict=True):
        column, row = arrange(scene, np.random.default_rng(scene.detail).spawn(1)[0]).board
        cell = 64 // CELLS
        board = np.zeros((64, 64), bool)
        board[row * cell : (row + HEIGHT) * cell, column * cell : (column + WIDTH) * cell] = True
        assert pixels.any()
        assert not (pixels & ~board).any()


@pytest.mark.parametrize("filter", [Image.Resampling.BICUBIC, Image.Resampling.BILINEAR, Image.Resampling.BOX])
def test_at_half_the_size_the_board_is_plain(filter: Image.Resampling) -> None:
    clear = [vary(scene, weather="clear", light="day") for scene in SCENES]
    one = small([vary(scene, flag="shown", letter="T") for scene in clear], filter)
    other = small([vary(scene, flag="absent", letter="L") for scene in clear], filter)
    assert np.abs(one - other).max() <= 4  # levels
    assert np.abs(one - other).mean() < 0.1
    full = render_traffic([vary(scene, flag="shown", letter="T") for scene in clear]).astype(int)
    assert np.abs(full - render_traffic([vary(scene, flag="absent", letter="L") for scene in clear])).max() > 80


def test_scenes_do_not_depend_on_each_other_and_take_every_value() -> None:
    many = table([sample_traffic(1, index) for index in range(2000)])
    assert sample_traffic(1, 7) == sample_traffic(1, 7)
    for factor in FACTORS:
        shares = many[factor.name].value_counts(normalize=True)
        assert list(many[factor.name].cat.categories) == list(factor.values)
        assert np.abs(shares - 1 / len(factor.values)).max() < 0.05
    assert many["hair"].isna().equals(many["count"] == 0)
    kept = [sample_traffic(1, index, vehicle="bus", count=(2, 3)) for index in range(50)]
    assert {scene.vehicle for scene in kept} == {"bus"}
    assert {scene.count for scene in kept} == {2, 3}
    assert [scene.light for scene in kept] == [sample_traffic(1, index).light for index in range(50)]


def test_factors_are_checked() -> None:
    with pytest.raises(UsageError, match=r"no vehicle 'bos'; did you mean bus\?"):
        TrafficFactors(vehicle="bos")
    with pytest.raises(UsageError, match=r"no factor 'colour'; did you mean color\?"):
        sample_traffic(0, 0, colour="red")
    with pytest.raises(UsageError, match="a constraint on 'vehicle' leaves no value"):
        sample_traffic(0, 0, vehicle=())
    with pytest.raises(UsageError, match="a seed and a number from 0 up, not 0 and -1"):
        sample_traffic(0, -1)
    with pytest.raises(UsageError, match="no count 4"):
        vary(SCENES[0], count=4)
    with pytest.raises(UsageError, match="no vehicle None; known: bus"):
        sample_traffic(0, 0, vehicle=None)  # type: ignore[arg-type]


@pytest.mark.parametrize(("seed", "index"), [("0", 1), (0.5, 1), (0, None)])
def test_a_scene_has_whole_numbers(seed: Any, index: Any) -> None:
    with pytest.raises(UsageError, match=f"a seed and a number from 0 up, not {seed!r} and {index!r}"):
        sample_traffic(seed, index)


@pytest.mark.parametrize("scenes", [SCENES[0], ["bus"], 5])
def test_what_is_no_list_of_scenes(scenes: Any) -> None:
    for made in (render_traffic, table):
        with pytest.raises(UsageError, match=r"scenes are a list of TrafficFactors.*; give one as \[scene\]"):
            made(scenes)


@pytest.mark.parametrize("size", [0, -3, 7, 32.5, "big"])
def test_a_picture_has_a_side(size: Any) -> None:
    with pytest.raises(UsageError, match=f"a whole number of pixels from 8 up, not {size!r}"):
        render_traffic(SCENES[:1], size)


def test_a_source_names_its_scenes_and_says_true_captions() -> None:
    source = TrafficSource(6, seed=3, group="color")
    assert source.names[2] == "traffic-3-000002"
    assert [source.group_names[label] for label in source.labels] == [scene.color for scene in source.scenes]
    np.testing.assert_array_equal(np.asarray(source.load(4)).transpose(2, 0, 1), render_traffic([source.scenes[4]])[0])
    assert source.captions(1) == TrafficSource(2, seed=3).captions(1)
    assert len(source.captions(1, 3)) == 3
