"""Planted failures: where they were drawn, for the items their coins chose, and nowhere else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failscape.concepts import ConceptSpace
from failscape.envs.planted import APART, Region, draw_regions, plant
from failscape.envs.tasks.toy import Shift, ShiftUp, make_mdp
from failscape.errors import UsageError

GRID = ConceptSpace([Shift(range(-3, 4)), ShiftUp(range(-3, 4))])


@given(seed=st.integers(0, 10_000), n=st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_regions_keep_their_distance_and_leave_something_healthy(seed: int, n: int) -> None:
    space = ConceptSpace([Shift(range(-7, 8)), ShiftUp(range(-7, 8))])
    regions = draw_regions(space, np.random.default_rng(seed), n)
    inside = np.stack([region.holds(space.grid()) for region in regions])
    assert len(regions) == n and inside.any(axis=1).all() and not inside.all(axis=1).any()
    for i in range(n):
        for j in range(i):
            a, b = space.grid()[inside[i]], space.grid()[inside[j]]
            nearest = np.abs(a[:, None] - b[None]).max(axis=2).min()
            assert nearest == regions[i].distance(regions[j]) >= APART


def test_no_room_is_said() -> None:
    with pytest.raises(UsageError, match="no room for 9 regions"):
        draw_regions(GRID, np.random.default_rng(0), 9)


def test_answers_flip_inside_for_the_share_of_items_and_stay_outside() -> None:
    mdp = make_mdp()
    regions = [Region((0, 0), (1, 4), 0.5), Region((3, 3), (4, 4), 1.0)]
    planted = plant(mdp, regions, seed=4)
    items, points = np.repeat(np.arange(40), 25), np.tile(mdp.space.grid(), (40, 1))
    state = mdp.at(items, points)
    before, after = mdp.evaluate(state), planted.evaluate(state)
    flips = planted.evaluator.flipped(items, points)
    first, second = (region.holds(points) for region in regions)
    np.testing.assert_array_equal(after.failed, before.failed | flips)
    assert not flips[~first & ~second].any() and flips[second].all()
    by_item = flips[first].reshape(40, -1)
    assert (by_item == by_item[:, :1]).all() and 0.25 < by_item.mean() < 0.75
    same = ~flips | before.failed
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a[same], b[same])
    turned = flips & ~before.failed
    assert (after.predicted[turned] != mdp.items.group[items][turned]).all()
    np.testing.assert_allclose(after.reward[turned], -before.reward[turned])


def test_repeated_probes_agree_in_any_batch_and_seeds_differ() -> None:
    mdp = make_mdp()
    region = Region((0, 0), (4, 3), 0.5)
    items, points = np.arange(40), np.zeros((40, 2), np.int64)
    whole = plant(mdp, [region], 1).evaluator.flipped(items, points)
    halves = [
        plant(mdp, [region], 1).evaluator.flipped(items[part], points[part]) for part in (slice(20), slice(20, 40))
    ]
    np.testing.assert_array_equal(whole, np.concatenate(halves))
    assert (whole != plant(mdp, [region], 2).evaluator.flipped(items, points)).any()


def test_a_region_may_say_what_its_items_are_taken_for() -> None:
    mdp = make_mdp()
    planted = plant(mdp, [Region((0, 0), (1, 4), 1.0, answer=7), Region((3, 0), (4, 4), 1.0)])
    items, points = np.repeat(np.arange(40), 25), np.tile(mdp.space.grid(), (40, 1))
    before, after = (source.evaluate(mdp.at(items, points)) for source in (mdp, planted))
    first = (points[:, 0] <= 1) & ~before.failed
    assert first.any() and (after.predicted[first] == 7).all()
    elsewhere = (points[:, 0] >= 3) & ~before.failed
    np.testing.assert_array_equal(after.predicted[elsewhere], mdp.items.group[items][elsewhere] == 0)
