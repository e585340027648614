"""Distances and barycenters on the lattice, beside brute force."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import linprog

from failscape.analysis.statistics.transport import barycenter, centre, costs, failure_distribution, wasserstein
from failscape.concepts import ConceptSpace, concept_space
from failscape.concepts.item_axis import GroupAxis

LINE = concept_space(["rotation=-20,-10,0,10,20"])
PLANE = concept_space(["rotation=-10,0,10", "darken=0.1,0.2,0.3"])


def at(space: ConceptSpace, **shares: float) -> np.ndarray:
    """A distribution from shares by row: ``p0=0.5``."""
    found = np.zeros(space.n_points)
    for name, share in shares.items():
        found[int(name[1:])] = share
    return found


def transported(a: np.ndarray, b: np.ndarray, cost: np.ndarray) -> float:
    """Optimal transport as the linear program that defines it."""
    p = len(a)
    rows = [np.kron(np.eye(p)[i], np.ones(p)) for i in range(p)]
    columns = [np.kron(np.ones(p), np.eye(p)[j]) for j in range(p)]
    solved = linprog(cost.ravel(), A_eq=np.array(rows + columns), b_eq=np.concatenate([a, b]), method="highs")
    return float(solved.fun)


@pytest.mark.parametrize("seed", range(5))
def test_the_distance_is_that_of_the_linear_program(seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.random(9), rng.random(9) * (rng.random(9) < 0.6) + 1e-6
    expected = transported(a / a.sum(), b / b.sum(), costs(PLANE))
    assert wasserstein(a, b, PLANE) == pytest.approx(expected, abs=1e-9)


def test_distances_by_hand() -> None:
    one, far = at(LINE, p0=1), at(LINE, p4=1)
    assert wasserstein(one, one, LINE) == 0 and wasserstein(one, far, LINE) == 4
    assert wasserstein(3 * one, one, LINE) == 0  # rates are made distributions
    assert wasserstein(at(PLANE, p0=1), at(PLANE, p8=1), PLANE) == 4  # two levels of either concept
    assert wasserstein(at(LINE, p0=0.5, p4=0.5), at(LINE, p2=1), LINE) == pytest.approx(2)
    assert np.isnan(wasserstein(np.zeros(5), one, LINE))


RATES = arrays(np.float64, 9, elements=st.floats(0.01, 1))


@given(RATES, RATES, RATES, st.floats(0.1, 10))
@settings(max_examples=30, deadline=None)
def test_it_is_a_metric_of_distributions(a: np.ndarray, b: np.ndarray, c: np.ndarray, scale: float) -> None:
    ab, bc, ac = (wasserstein(x, y, PLANE) for x, y in [(a, b), (b, c), (a, c)])
    assert wasserstein(a, a, PLANE) == pytest.approx(0, abs=1e-9)
    assert ab == pytest.approx(wasserstein(b, a, PLANE), abs=1e-9) and 0 <= ab <= 4
    assert ac <= ab + bc + 1e-9
    assert wasserstein(scale * a, b, PLANE) == pytest.approx(ab, abs=1e-9)


def test_it_sees_where_the_failures_are() -> None:
    """Unlike a distance of sorted probabilities."""
    corner, near, opposite = np.eye(9)[0], np.eye(9)[1], np.eye(9)[8]
    assert wasserstein(corner, near, PLANE) < wasserstein(corner, opposite, PLANE)
    assert wasserstein(corner + opposite, np.eye(9)[2] + np.eye(9)[6], PLANE) == pytest.approx(2)


def test_levels_without_order_are_all_as_far_apart() -> None:
    sliced = ConceptSpace([GroupAxis({"a": 0, "b": 1, "c": 2}), *LINE.concepts])
    for power in (1, 2):
        assert costs(sliced, power)[0, 5] == costs(sliced, power)[0, 10] == 1
    assert costs(sliced, 2)[0, 14] == 1 + 16


def test_barycenters_by_hand() -> None:
    one, far, mixed = at(LINE, p0=1), at(LINE, p4=1), at(LINE, p0=0.5, p4=0.5)
    np.testing.assert_allclose(barycenter(np.array([mixed, mixed]), LINE), mixed, atol=1e-9)  # identical
    np.testing.assert_allclose(barycenter(np.array([one, far]), LINE), at(LINE, p2=1), atol=1e-9)  # shifted
    two_peaks = np.array([at(LINE, p0=0.5, p2=0.5), at(LINE, p2=0.5, p4=0.5)])
    np.testing.assert_allclose(barycenter(two_peaks, LINE), at(LINE, p1=0.5, p3=0.5), atol=1e-9)
    np.testing.assert_allclose(barycenter(np.array([one, np.zeros(5)]), LINE), one)  # nothing failed: left out
    assert np.isnan(barycenter(np.zeros((2, 5)), LINE)).all()


@pytest.mark.parametrize("seed", range(3))
def test_no_distribution_lies_nearer_to_all(seed: int) -> None:
    """Beside every distribution of quarters over four points."""
    space = concept_space(["rotation=-10,0,10,20"])
    rng = np.random.default_rng(seed)
    given = np.array([failure_distribution(row) for row in rng.integers(0, 4, (3, 4)) + np.eye(4)[:3]])
    cost = costs(space, power=2)

    def total(candidate: np.ndarray) -> float:
        return sum(transported(row, candidate, cost) for row in given)

    found = barycenter(given, space)
    quarters = [np.array(c) / 4 for c in product(range(5), repeat=4) if sum(c) == 4]
    assert total(found) <= min(total(candidate) for candidate in quarters) + 1e-9
    assert found.sum() == pytest.approx(1) and (found >= 0).all()


def test_larger_grids_are_regularised_to_nearly_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    given = rng.random((2, 9)) ** 3
    exact = barycenter(given, PLANE)
    monkeypatch.setattr("failscape.analysis.statistics.transport.MAX_EXACT", 0)
    regularised, cost = barycenter(given, PLANE), costs(PLANE, power=2)
    totals = [sum(transported(row / row.sum(), candidate, cost) for row in given) for candidate in (exact, regularised)]
    assert totals[0] - 1e-9 <= totals[1] <= 1.15 * totals[0]


def test_the_centre_is_in_the_concepts_units() -> None:
    np.testing.assert_allclose(centre(at(PLANE, p0=0.5, p8=0.5), PLANE), [0, 0.2])
    sliced = ConceptSpace([GroupAxis({"a": 0, "b": 1}), *LINE.concepts])
    found = centre(at(sliced, p0=0.5, p9=0.5), sliced)
    assert np.isnan(found[0]) and found[1] == 0
