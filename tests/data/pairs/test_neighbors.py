"""Neighbors are those that brute force finds, and a picture is replaced whole."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from failscape.data.pairs.batch import Pictures
from failscape.data.pairs.neighbors import nearest
from failscape.data.pairs.regions import regions
from failscape.data.street.traffic import render_traffic, sample_traffic
from failscape.errors import UsageError


@given(
    vectors=hnp.arrays(np.float64, st.tuples(st.integers(4, 20), st.just(3)), elements=st.integers(-2, 2)),
    k=st.integers(1, 2),
    seed=st.integers(0, 99),
)
def test_neighbors_are_those_of_brute_force(vectors: np.ndarray, k: int, seed: int) -> None:
    pool = np.random.default_rng(seed).random(len(vectors)) < 0.5
    pool[:3] = True
    found = nearest(torch.from_numpy(vectors), pool, k)
    for row in range(len(vectors)):
        others = [other for other in np.flatnonzero(pool).tolist() if other != row]
        ranked = sorted(others, key=lambda other: -float(vectors[row] @ vectors[other]))
        assert found[row].tolist() == ranked[:k]


def test_a_neighbor_brings_its_pixels_and_its_scene() -> None:
    scenes = [sample_traffic(0, index) for index in range(4)]
    pictures = Pictures.of(torch.from_numpy(render_traffic(scenes)), scenes)
    assert pictures.editable == ("pixels", "scene")
    batch = pictures.with_neighbors(np.array([[1, 2], [0, 3], [3, 0], [2, 1]]))
    assert batch.editable == ("pixels", "scene", "near") and batch.digests == pictures.digests
    some = batch.take(np.array([2, 1]))
    near = some.near.copy()
    near[0] = near[0]._replace(rank=2)
    replaced = some.with_field("near", near)
    assert torch.equal(replaced.pixels, pictures.pixels[[0, 1]])
    assert replaced.scene.tolist() == [scenes[0], scenes[1]]
    assert torch.equal(some.pixels, pictures.pixels[[2, 1]]), "the batch is as it was"


def test_regions_are_of_what_lies_together() -> None:
    rng = np.random.default_rng(0)
    centres = np.array([[0.0, 10.0], [10.0, 0.0], [-10.0, 0.0]])
    of = rng.integers(3, size=60)
    vectors, fit = centres[of] + 0.1 * rng.standard_normal((60, 2)), rng.random(60) < 0.7
    group, names = regions(vectors, fit, 3)
    assert names == ("region 1", "region 2", "region 3") and group.dtype == np.int64
    assert len({*zip(of.tolist(), group.tolist(), strict=True)}) == 3
    again, _ = regions(vectors, fit, 3)
    np.testing.assert_array_equal(group, again)


def test_there_are_no_more_regions_than_pictures() -> None:
    with pytest.raises(UsageError, match="2 pictures do not make 3 regions; give --regions from 1 to 2"):
        regions(np.eye(3), np.array([True, True, False]), 3)


def test_equal_pictures_make_one_region() -> None:
    group, names = regions(np.ones((5, 2)), np.ones(5, bool), 3)
    assert set(group.tolist()) == set(range(len(names)))
