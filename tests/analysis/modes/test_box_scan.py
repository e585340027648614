"""The scan for boxes: its shares of the level, its search, and that it cries wolf no more often than it says."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import fisher_exact

from failscape.analysis.grids.boxes import inside
from failscape.analysis.grids.neighbours import neighbours
from failscape.analysis.modes.box_scan import likeliest_box, log_ratio, log_share, scan
from failscape.concepts import ConceptSpace, concept_space
from failscape.concepts.item_axis import GroupAxis

SPACE = concept_space(["rotation=-20,-10,0,10,20", "darken=0.1,0.2,0.3,0.4", "saturation=0.5,0.6,0.7"])
SLICED = ConceptSpace([GroupAxis({"a": 0, "b": 1, "c": 2}), *SPACE.concepts[:2]])


def boxes(space: ConceptSpace) -> list[np.ndarray]:
    """Every box of a grid."""
    intervals = [[(a, b) for a in range(n) for b in range(a, n)] for n in space.shape]
    return [np.array(box) for box in product(*intervals)]


@pytest.mark.parametrize("space", [SPACE, SLICED])
def test_the_shares_of_all_boxes_are_the_level(space: ConceptSpace) -> None:
    assert sum(np.exp(log_share(space, box)) for box in boxes(space)) == pytest.approx(1)


def test_wide_boxes_do_not_pay_for_narrow_ones() -> None:
    whole, point = np.array([[0, 4], [0, 3], [0, 2]]), np.zeros((3, 2), int)
    assert np.exp(log_share(SPACE, whole)) == pytest.approx(1 / (5 * 4 * 3))
    assert np.exp(log_share(SPACE, point)) == pytest.approx(1 / (25 * 16 * 9))


@pytest.mark.parametrize("seed", range(6))
def test_the_likeliest_box_is_that_of_brute_force(seed: int) -> None:
    """With probes enough, that is: with next to none, a climb may end on a lower top."""
    rng = np.random.default_rng(seed)
    low = np.array([rng.integers(n - 1) for n in SPACE.shape])
    planted = np.stack([low, low + 1], axis=1)
    trials = np.full(SPACE.n_points, 6.0)
    failures = rng.binomial(6, np.where(inside(planted, SPACE.shape), 0.7, 0.05)).astype(float)
    box, score = likeliest_box(SPACE, failures, trials)
    k, n = failures.sum(), trials.sum()

    def by_hand(box: np.ndarray) -> float:
        held = inside(box, SPACE.shape)
        return float(log_ratio(failures[held].sum(), trials[held].sum(), k, n)) + log_share(SPACE, box)

    best = max(boxes(SPACE), key=by_hand)
    assert score == pytest.approx(by_hand(best)) and box.tolist() == best.tolist()


def test_the_ratio_is_of_one_side() -> None:
    assert log_ratio(np.array(9.0), np.array(10.0), 12, 40) > 0 == log_ratio(np.array(1.0), np.array(10.0), 12, 40)
    assert log_ratio(np.array(0.0), np.array(0.0), 12, 40) == 0


def test_what_is_found_is_disjoint_and_free() -> None:
    rng = np.random.default_rng(0)
    free = rng.random(SPACE.n_points) < 0.8
    trials = np.full(SPACE.n_points, 5.0)
    failures = rng.binomial(5, np.where(SPACE.grid()[:, 0] % 4 == 0, 0.8, 0.05)).astype(float)
    found = scan(SPACE, failures, trials, free, neighbours(SPACE))
    points = np.concatenate([candidate.points for candidate in found])
    assert len(np.unique(points)) == len(points) and free[points].all() and len(found) >= 2
    assert {0, 4} <= {int(level) for candidate in found[:2] for level in SPACE.point(candidate.points)[:, 0]}


def test_boxes_hold_one_of_the_levels_that_have_no_order() -> None:
    failures = np.where(SLICED.grid()[:, 0] != 1, 4.0, 0.0)  # two classes fail everywhere
    found = scan(SLICED, failures, np.full(SLICED.n_points, 5.0), np.ones(SLICED.n_points, bool), neighbours(SLICED))
    held = [set(SLICED.point(candidate.points)[:, 0].tolist()) for candidate in found]
    assert held[:2] in ([{0}, {2}], [{2}, {0}]) and all(len(levels) == 1 for levels in held)


def test_chance_is_not_taken_for_a_region_more_often_than_said() -> None:
    """On grids of one rate, a p-value below its share of 5 % comes up in at most 5 % of the scans."""
    rng = np.random.default_rng(0)
    adjacent, everywhere = neighbours(SPACE), np.ones(SPACE.n_points, bool)
    alarms = 0
    for _ in range(150):
        failures, trials = rng.binomial(4, 0.15, SPACE.n_points).astype(float), np.full(SPACE.n_points, 4.0)
        other = rng.binomial(400, 0.15)
        found = scan(SPACE, failures, trials, everywhere, adjacent)
        alarms += any(_p_value(failures, trials, c.points, other) <= 0.05 * c.share for c in found)
    assert alarms <= 0.05 * 150


def _p_value(failures: np.ndarray, trials: np.ndarray, points: np.ndarray, other: int) -> float:
    k, n = failures[points].sum(), trials[points].sum()
    return float(fisher_exact([[k, n - k], [other, 400 - other]], alternative="greater")[1])
