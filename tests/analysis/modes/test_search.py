"""Regions that were planted are found and named; where nothing was planted, nothing is."""

import numpy as np
import pandas as pd
import pytest

from failscape.analysis.grids.boxes import inside
from failscape.analysis.grids.neighbours import components, neighbours
from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.modes.mode import Mode
from failscape.analysis.modes.regions import find_regions
from failscape.analysis.modes.search import find_modes, points_speak
from failscape.analysis.statistics.shrinkage import posterior
from failscape.concepts import ConceptSpace, concept_space
from failscape.concepts.item_axis import GroupAxis
from failscape.errors import UsageError

SPACE = concept_space(["rotation=-20,-10,0,10,20", "darken=0.1,0.2,0.3,0.4,0.5", "saturation=0.5,0.6,0.7,0.8,0.9"])
N_ITEMS, N_CLASSES = 2000, 8
NAMES = tuple("abcdefgh")
Plant = tuple[tuple[tuple[int, int], ...], tuple[int, ...], float]  # box, classes (all where empty), rate


def plant(
    seed: int, plants: list[Plant], per_point: int = 30, clean: float = 0.02, space: ConceptSpace = SPACE
) -> tuple[Landscape, pd.DataFrame, pd.DataFrame]:
    """Probes of uniform points; items that fail unedited fail everywhere."""
    rng = np.random.default_rng(seed)
    n = per_point * space.n_points
    reference = rng.integers(N_CLASSES, size=N_ITEMS)
    wrong = rng.random(N_ITEMS) < clean
    items, points = rng.integers(N_ITEMS, size=n), rng.integers(space.n_points, size=n)
    rates = np.zeros(n)
    for box, classes, rate in plants:
        here = inside(np.array(box), space.shape)[points] & (np.isin(reference[items], classes) | (not classes))
        rates = np.where(here, rate, rates)
    failed = wrong[items] | (rng.random(n) < rates)
    columns = {"item": items, "point": points, "failed": failed, "severity": 1.0, "propensity": 1 / space.n_points}
    probes = pd.DataFrame(columns).drop_duplicates(["item", "point"]).assign(cached=False)
    held_out = np.arange(N_ITEMS) % 5 == 0
    frame = pd.DataFrame({"group": reference, "failed": wrong, "score": 0.9, "held_out": held_out})
    return Landscape.from_probes(probes, space, items=frame), probes, frame


def modes_of(*args: object, **kwargs: object) -> list[Mode]:
    return find_modes(*plant(*args, **kwargs), NAMES)  # type: ignore[arg-type]


def agrees(mode: Mode, box: tuple[tuple[int, int], ...], space: ConceptSpace = SPACE) -> bool:
    truth = inside(np.array(box), space.shape)
    hits = truth[mode.points].sum()
    return bool(hits >= 0.8 * len(mode.points) and hits >= 0.8 * truth.sum())


SMALL, LARGE = ((0, 1), (0, 1), (0, 1)), ((3, 4), (2, 4), (3, 4))


@pytest.mark.parametrize("rate", [0.5, 1.0])
def test_two_planted_regions_come_back(rate: float) -> None:
    n_false = 0
    for seed in range(4):
        modes = modes_of(seed, [(SMALL, (), rate), (LARGE, (), rate)], per_point=20)
        (small,), (large,) = ([mode for mode in modes if agrees(mode, box)] for box in (SMALL, LARGE))
        n_false += len(modes) - 2
        for mode in (small, large):
            assert mode.seen_rate == pytest.approx(rate, abs=0.1) and not mode.classes
            assert mode.q_value < 1e-3 and mode.confirmed is None and mode.rate is None
            assert len(components(np.isin(np.arange(SPACE.n_points), mode.points), neighbours(SPACE))) == 1
        assert [mode.share for mode in modes] == sorted((mode.share for mode in modes), reverse=True)
        by_hand = rate * 20 / (rate * 20 + 0.02 * 125)
        assert small.share + large.share == pytest.approx(by_hand, abs=0.1)
    assert n_false <= 1  # in at most 5 % of runs, says the level


def test_regions_that_nearly_touch_are_two() -> None:
    left, right = ((0, 1), (0, 1), (0, 4)), ((3, 4), (0, 1), (0, 4))
    modes = modes_of(0, [(left, (), 0.9), (right, (), 0.6)], per_point=40)
    assert [agrees(mode, box) for mode, box in zip(modes, (left, right), strict=True)] == [True, True]
    assert [mode.name for mode in modes] == [
        "rotation -20 to -10° (-20° is the smallest tested) and darken 0.1 to 0.2",
        "rotation 10 to 20° (20° is the largest tested) and darken 0.1 to 0.2",
    ]


def test_two_causes_that_overlap_are_two_modes() -> None:
    """Darkening fails 70 % of the time, turning 35 %: one component, of which the second is no half maximum."""
    turned, dark = ((4, 4), (0, 4), (0, 4)), ((0, 4), (4, 4), (0, 4))
    modes = modes_of(1, [(turned, (), 0.3), (dark, (), 0.9)], per_point=60)
    assert [mode.name for mode in modes] == [
        "darken 0.5 (the largest tested)",
        "rotation 20° (the largest tested) and darken 0.1 to 0.4",
    ]


def test_a_slope_is_one_mode_with_its_half_maximum() -> None:
    space = concept_space(["darken=.1,.2,.3,.4,.5,.6,.7,.8,.9"])
    plants: list[Plant] = [(((k, k),), (), k / 8) for k in range(9)]
    (mode,) = modes_of(0, plants, per_point=400, space=space)
    assert mode.name in {f"darken 0.{k} to 0.9 (0.9 is the largest tested)" for k in (5, 6)}
    assert len(mode.points) in {4, 5}


@pytest.mark.parametrize("clean", [0.0, 0.03, 0.18])
def test_where_nothing_is_nothing_is_found(clean: float) -> None:
    assert sum(len(modes_of(seed, [], per_point=20, clean=clean)) for seed in range(5)) <= 1


@pytest.mark.parametrize("seed", range(3))
def test_a_class_that_fails_alone_is_found(seed: int) -> None:
    box = ((0, 4), (3, 4), (0, 2))
    modes = modes_of(seed, [(box, (3,), 1.0)], per_point=30)
    (mode,) = modes
    assert mode.classes == (3,) and agrees(mode, box)
    assert mode.name.startswith("class = d and darken 0.4 to 0.5 (0.5 is the largest tested) and saturation")
    assert mode.seen_rate > 0.95 and mode.share == pytest.approx(30 / 8 / (30 / 8 + 2.5), abs=0.1)


def test_a_class_that_fails_elsewhere_stands_beside_an_overall_mode() -> None:
    box = ((3, 4), (3, 4), (0, 4))
    modes = modes_of(0, [(SMALL, (), 0.8), (box, (5,), 1.0)], per_point=40)
    assert {mode.classes for mode in modes} == {(), (5,)} and len(modes) == 2
    assert agrees(next(mode for mode in modes if mode.classes), box)


def test_classes_without_order_are_never_one_region() -> None:
    space = ConceptSpace([GroupAxis({"a": 0, "b": 1, "c": 2}), *SPACE.concepts[1:]])
    adjacent = neighbours(space)
    assert (adjacent[:, :2] == -1).all() and (adjacent[:, 2:] >= 0).any()
    found = components(np.ones(space.n_points, bool), adjacent)
    assert [len(part) for part in found] == [25, 25, 25]


def test_neighbours_are_what_they_are_by_brute_force() -> None:
    levels, adjacent = SPACE.grid(), neighbours(SPACE)
    apart = np.abs(levels[:, None] - levels[None]).sum(axis=2)
    for row in range(SPACE.n_points):
        assert sorted(adjacent[row][adjacent[row] >= 0]) == np.flatnonzero(apart[row] == 1).tolist()


def test_counts_are_shrunk_as_far_as_the_surface_explains_them() -> None:
    rng = np.random.default_rng(0)
    trials = np.full(400, 30.0)
    flat = rng.binomial(30, 0.2, 400).astype(float)
    np.testing.assert_allclose(posterior(flat, trials, np.full(400, 0.2)).mean, 0.2, atol=0.03)
    split = np.where(np.arange(400) < 200, 0.0, 15.0)
    shrunk = posterior(split, trials, np.full(400, 0.25)).mean
    assert shrunk[0] < 0.05 < 0.45 < shrunk[-1]


def test_only_significant_points_are_in_regions() -> None:
    space = concept_space(["rotation=-20,-10,0,10,20"])
    trials = np.full(5, 100.0)
    rates = posterior(np.array([90.0, 80, 2, 2, 85]), trials, np.array([0.9, 0.8, 0.02, 0.02, 0.85]))
    found = find_regions(np.array([True, True, False, False, True]), rates, 0.02, neighbours(space))
    assert sorted(region.tolist() for region in found) == [[0, 1], [4]]
    assert find_regions(np.zeros(5, bool), rates, 0.02, neighbours(space)) == []


def test_nothing_to_compare_with() -> None:
    _, probes, items = plant(0, [], per_point=2)
    blind = Landscape.from_probes(probes, SPACE)
    with pytest.raises(UsageError, match="against unedited items"):
        find_modes(blind, probes, items)


def test_a_run_without_probes_has_no_modes() -> None:
    _, probes, items = plant(0, [], per_point=1)
    nothing = probes.head(0)
    assert find_modes(Landscape.from_probes(nothing, SPACE, items=items), nothing, items) == []


def test_no_region_is_told_twice() -> None:
    """Two classes that fail in two boxes each, near enough that the joint climb ends in one."""
    for seed in range(3):
        rng = np.random.default_rng(seed)
        space = concept_space("fsrl")
        grid = space.grid()
        inside = (grid[:, 1] >= 2) & (grid[:, 1] <= 3) & (grid[:, 0] >= 1)
        n = 12_000
        item, point = rng.integers(1200, size=n), rng.integers(125, size=n)
        items = pd.DataFrame({"group": np.arange(1200) % 16, "held_out": False, "score": 0.9})
        items["failed"] = False
        theirs = np.isin(items["group"].to_numpy()[item], [0, 2])
        failed = inside[point] & theirs & (rng.random(n) < 0.35 + 0.4 * (grid[point, 2] >= 2))
        probes = pd.DataFrame({"item": item, "point": point, "failed": failed, "severity": failed * 1.0})
        probes = probes.assign(propensity=1 / 125, cached=False)
        landscape = Landscape.from_probes(probes, space, items=items)
        modes = find_modes(landscape, probes, items)
        told = [(mode.classes, mode.points.tobytes()) for mode in modes]
        assert modes and len(set(told)) == len(told)


@pytest.mark.parametrize("seed", range(4))
def test_few_probes_per_point_still_show_whole_regions(seed: int) -> None:
    """Three probes at a point, none of which could stand out by itself."""
    modes = modes_of(seed, [(LARGE, (), 0.9)], per_point=3)
    assert [agrees(mode, LARGE) for mode in modes] == [True]


def test_few_probes_and_nothing_planted_show_nothing() -> None:
    assert sum(len(modes_of(seed, [], per_point=3, clean=0.1)) for seed in range(10)) <= 1


def test_a_grid_that_fails_all_over_has_no_rule() -> None:
    everywhere = ((0, 4), (0, 4), (0, 4))
    for per_point in (3, 30):
        assert modes_of(0, [(everywhere, (), 0.6)], per_point=per_point) == []


def test_whether_points_speak_for_themselves() -> None:
    assert not points_speak(plant(0, [], per_point=3)[0], 2)
    assert points_speak(plant(0, [], per_point=20)[0], 2)
