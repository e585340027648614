"""Two landscapes compared; the Wasserstein distance on the lattice against brute force and by hand."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linprog

from failscape.analysis.comparison import compare, lattice_distance
from failscape.analysis.landscape import Landscape, rank_correlation
from failscape.concepts import ConceptSpace, concept_space
from failscape.errors import UsageError


def grid(*shape: int) -> np.ndarray:
    return np.stack([g.ravel() for g in np.indices(shape)], axis=1)


def brute_force(a: np.ndarray, b: np.ndarray, points: np.ndarray) -> float:
    """The cheapest plan that moves ``a / sum`` to ``b / sum``, as a linear programme over every pair of points."""
    n = len(points)
    cost = [np.abs(points[i] - points[j]).sum() for i, j in itertools.product(range(n), repeat=2)]
    leaves = np.kron(np.eye(n), np.ones(n))
    arrives = np.kron(np.ones(n), np.eye(n))
    masses = np.concatenate([a / a.sum(), b / b.sum()])
    found = linprog(cost, A_eq=np.concatenate([leaves, arrives]), b_eq=masses)
    assert found.success
    return float(found.fun)


@pytest.mark.parametrize("shape", [(5,), (3, 3), (2, 2, 2)])
def test_the_distance_is_the_cheapest_plan(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    points = grid(*shape)
    for _ in range(4):
        a, b = rng.random((2, len(points))) * (rng.random((2, len(points))) < 0.7)
        a[0], b[-1] = a[0] + 0.1, b[-1] + 0.1
        assert lattice_distance(a, b, points) == pytest.approx(brute_force(a, b, points), abs=1e-7)


RATES = arrays(np.float64, 9, elements=st.floats(0.01, 1))


@given(RATES, RATES, RATES, st.floats(0.1, 10))
@settings(max_examples=30, deadline=None)
def test_it_is_a_metric_of_distributions(a: np.ndarray, b: np.ndarray, c: np.ndarray, scale: float) -> None:
    points = grid(3, 3)
    ab, bc, ac = (lattice_distance(x, y, points) for x, y in [(a, b), (b, c), (a, c)])
    assert lattice_distance(a, a, points) == pytest.approx(0, abs=1e-9)
    assert ab == pytest.approx(lattice_distance(b, a, points), abs=1e-9) and 0 <= ab <= 4
    assert ac <= ab + bc + 1e-9
    assert lattice_distance(scale * a, b, points) == pytest.approx(ab, abs=1e-9)


def test_by_hand_on_a_line() -> None:
    points = grid(5)
    one, other = np.array([0, 1.0, 0, 0, 0]), np.array([0, 0, 1.0, 0, 0])
    assert lattice_distance(one, one, points) == pytest.approx(0)
    assert lattice_distance(one, other, points) == pytest.approx(1)  # a level is a level
    peaks, middle = np.array([1.0, 0, 0, 0, 1]), np.array([0, 0, 1.0, 0, 0])
    assert lattice_distance(peaks, middle, points) == pytest.approx(2)
    assert lattice_distance(peaks, np.ones(5), points) == pytest.approx((3 + 1 + 1 + 3) / 10)  # sum of |CDF - CDF|


def test_by_hand_on_a_plane() -> None:
    points = grid(3, 3)
    corner, opposite = np.eye(9)[0], np.eye(9)[8]
    assert lattice_distance(corner, opposite, points) == pytest.approx(4)  # city block: two levels of each
    assert lattice_distance(corner + opposite, np.eye(9)[2] + np.eye(9)[6], points) == pytest.approx(2)
    # Unlike a distance of sorted probabilities, it sees where the failures are.
    assert lattice_distance(corner, np.eye(9)[1], points) < lattice_distance(corner, opposite, points)


def test_without_failures_there_is_no_distance() -> None:
    assert np.isnan(lattice_distance(np.zeros(5), np.ones(5), grid(5)))
    assert np.isnan(lattice_distance(np.ones(5), np.zeros(5), grid(5)))


# --- compare ---

SPACE = concept_space(["rotation=-10,0,10", "darken=0.1,0.2"])


def landscape(smoothed: list[float], name: str, space: ConceptSpace = SPACE) -> Landscape:
    rates = np.array(smoothed, float)
    visited = np.ones(len(rates), int)
    table = pd.DataFrame({"visits": visited, "rate": rates, "smoothed": rates})
    return Landscape(space, table, len(rates), len(rates), 0.1, 10, name)


def test_a_landscape_agrees_with_itself() -> None:
    a = landscape([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], "a")
    found = compare(a, a, top_k=2)
    assert (found.spearman, found.top_k_recall, found.mean_change, found.worst_change) == (1, 1, 0, 0)
    assert found.wasserstein == pytest.approx(0) and found.rate_a == found.rate_b == pytest.approx(0.35)
    assert (found.coverage_a, found.coverage_b) == (1, 1) and found.names == ("a", "a")


def test_a_change_is_b_minus_a() -> None:
    before = landscape([0.9, 0.8, 0.1, 0.1, 0.1, 0.1], "before")
    after = landscape([0.2, 0.1, 0.1, 0.1, 0.3, 0.1], "after")
    found = compare(before, after, top_k=2)
    assert found.mean_change == pytest.approx(-1.2 / 6) and found.worst_change == pytest.approx(0.2)
    assert found.top_k_recall == 0.5 and found.names == ("before", "after")
    assert found.rate_a == pytest.approx(2.1 / 6) and found.rate_b == pytest.approx(0.9 / 6)
    texts = dict(found.rows())
    assert texts["failure rate"] == "35.0% → 15.0%" and texts["worst 2 points shared"] == "50%"
    assert texts["mean change over points"] == "-20.0%" and texts["largest rise of a point"] == "+20.0%"
    assert texts["coverage"] == "100% → 100%" and "levels" in texts["Wasserstein distance of failures"]


def test_an_opposite_landscape_disagrees() -> None:
    a, b = landscape([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], "a"), landscape([0.6, 0.5, 0.4, 0.3, 0.2, 0.1], "b")
    found = compare(a, b, top_k=3)
    assert found.spearman == -1 and found.top_k_recall == 0
    assert found.wasserstein == pytest.approx(brute_force(np.arange(1.0, 7), np.arange(6.0, 0, -1), SPACE.grid()))


def test_top_k_is_at_most_the_grid() -> None:
    a = landscape([0.1] * 6, "a")
    found = compare(a, a, top_k=100)
    assert found.top_k == 6 and found.top_k_recall == 1 and np.isnan(found.spearman)


def test_different_grids_are_refused() -> None:
    a = landscape([0.1] * 6, "a")
    others = [["rotation=-10,0,20", "darken=0.1,0.2"], ["darken=0.1,0.2", "rotation=-10,0,10"], ["contrast=1,2"]]
    for spec in others:
        space = concept_space(spec)
        with pytest.raises(UsageError, match="a and b span different grids"):
            compare(a, landscape([0.1] * space.n_points, "b", space))


def test_rank_correlation() -> None:
    nan = float("nan")
    assert rank_correlation(np.array([1.0, 2, 3]), np.array([10.0, 100, 1000])) == 1
    assert rank_correlation(np.array([1.0, 2, nan, 3]), np.array([3.0, 2, 9, 1])) == -1
    for a, b in [([1.0, 1, 1], [1.0, 2, 3]), ([1.0, 2], [1.0, 2]), ([nan, nan, 1, 2], [1.0, 2, 3, 4])]:
        assert np.isnan(rank_correlation(np.array(a), np.array(b)))
