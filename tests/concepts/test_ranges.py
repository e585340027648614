"""Concepts over a range, and the chance that places strengths in it."""

import numpy as np
import pytest
import torch
from scipy.stats import kstest

from failscape.concepts import concept_space
from failscape.concepts.images.tone import Darken
from failscape.concepts.keyed_random import scramble, uniform
from failscape.data.batch import Images
from failscape.errors import UsageError


def as_batch(images: torch.Tensor) -> Images:
    return Images(images, torch.zeros(len(images), dtype=torch.int64))


def test_strengths_fill_their_cells_evenly_and_follow_their_seed() -> None:
    concept = Darken(edges=[0, 0.25, 0.5, 1])
    seeds = np.arange(4000)
    for level, (low, high) in enumerate([(0, 0.25), (0.25, 0.5), (0.5, 1)]):
        drawn = concept.strengths(np.full(4000, level), seeds)
        assert kstest((drawn - low) / (high - low), "uniform").pvalue > 0.01
        np.testing.assert_array_equal(drawn[::7], concept.strengths(np.full(4000, level)[::7], seeds[::7]))
    np.testing.assert_array_equal(concept.strengths(np.array([0, 1, 2, -1])), [0.125, 0.375, 0.75, np.nan])


def test_an_edit_over_a_range_is_the_edit_at_the_strength_drawn() -> None:
    space = concept_space(["darken=0..0.8/4", "contrast=0.5,1"])
    images = torch.randint(0, 256, (6, 3, 5, 5), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    points, seeds = np.column_stack([np.arange(6) % 4, np.ones(6, int)]), np.arange(6) + 11
    strengths = space.strengths(points, seeds)
    assert torch.equal(space.apply(as_batch(images), points, seeds).pixels, Darken().apply(images, strengths[:, 0]))
    assert (np.floor(strengths[:, 0] / 0.2) == points[:, 0]).all()


def test_a_range_comes_back_from_its_description_and_names_its_cells() -> None:
    space = concept_space(["rotation=-30..30/3", "class"], {"yield": 3, "stop": 0})
    again = concept_space(space.describe())
    assert again.describe() == space.describe() and again.shape == (3, 2)
    assert again.label(np.array([1, 1])) == "rotation -10 to 10°, class yield"
    assert concept_space(["rotation=-40..40"]).shape == (8,)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("darken=0..2", "edges of darken must lie in [0, 1]"),
        ("darken=1..0", "edges of darken must be strictly increasing"),
        ("darken=0..1/0", "the range 0..1/0 needs 1 cell or more"),
        ("darken=0..x", "levels of darken must be numbers separated by commas, got '0..x'"),
        ("class", "the slice class needs data to say what there is to choose"),
    ],
)
def test_a_mistake_in_a_range_is_one_line(spec: str, message: str) -> None:
    with pytest.raises(UsageError) as error:
        concept_space([spec])
    assert str(error.value).startswith(message)


def test_chance_is_a_function_and_looks_like_chance() -> None:
    draws = uniform("rain", np.arange(20_000))
    assert kstest(draws, "uniform").pvalue > 0.01
    assert abs(np.corrcoef(draws[1:], draws[:-1])[0, 1]) < 0.02
    assert abs(np.corrcoef(draws, uniform("snow", np.arange(20_000)))[0, 1]) < 0.02
    assert len(np.unique(scramble(np.arange(1000), 3))) == 1000
    np.testing.assert_array_equal(scramble(np.array([5]), "a"), scramble(np.array([4, 5]), "a")[1:])


def test_strengths_are_located_where_the_points_are() -> None:
    space = concept_space(["rotation=-30..30/3", "darken=0.1,0.2,0.5", "class"], {"yield": 3, "stop": 0})
    grid = space.grid()
    np.testing.assert_allclose(space.locate(space.strengths(grid)), space.coordinates(grid), atol=1e-6)
    between = space.locate(np.array([[-30.0, 0.15, 3], [30.0, 0.35, 0]]))
    np.testing.assert_allclose(between, [[-1.5, -0.5, 0, 1], [1.5, 0.5, 1, 0]], atol=1e-6)
    with pytest.raises(UsageError, match="rotation was explored from -30 to 30; nothing is known beyond"):
        space.locate(np.array([[31.0, 0.1, 0]]))
