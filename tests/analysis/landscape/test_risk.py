"""Risk by closed forms, distributions over the grid by hand, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.landscape.risk import risk
from failscape.analysis.landscape.usage import usage_distribution
from failscape.analysis.statistics.rates import wilson
from failscape.concepts import ConceptSpace, concept_space
from failscape.concepts.item_axis import GroupAxis
from failscape.errors import UsageError

SPACE = concept_space(["rotation=-10,-5,0,5,10", "darken=0,0.1,0.2,0.3"])
P = SPACE.n_points


def landscape(counts: dict[int, tuple[int, int]]) -> tuple[Landscape, pd.DataFrame]:
    """``{point: (failures, trials)}``, every probe of another item."""
    rows = [(point, k < failures) for point, (failures, n) in counts.items() for k in range(n)]
    probes = pd.DataFrame(rows, columns=["point", "failed"])
    probes = probes.assign(item=range(len(rows)), severity=1.0, propensity=1 / P, cached=False)
    return Landscape.from_probes(probes, SPACE), probes


def at(*points: int) -> np.ndarray:
    weights = np.zeros(P)
    weights[list(points)] = 1 / len(points)
    return weights


def test_all_weight_on_one_point_is_that_point() -> None:
    made, probes = landscape({p: (12, 40) for p in range(P)})
    for given_probes in (None, probes):
        mean, low, high = risk(made, at(3), given_probes)
        wanted = wilson(np.array([12]), np.array([40]))
        assert mean == pytest.approx(0.3)
        np.testing.assert_allclose([low, high], [wanted[0][0], wanted[1][0]], atol=0.005)


def test_even_weights_pool_all_trials() -> None:
    made, probes = landscape({p: (12, 40) for p in range(P)})
    mean, low, high = risk(made, np.full(P, 1 / P), probes)
    wanted = wilson(np.array([12 * P]), np.array([40 * P]))
    np.testing.assert_allclose([mean, low, high], [0.3, wanted[0][0], wanted[1][0]], atol=0.002)


def test_the_mean_is_the_weighted_mean() -> None:
    made, _ = landscape({p: (p, 40) for p in range(P)})
    weights = np.random.default_rng(0).dirichlet(np.ones(P))
    assert risk(made, weights)[0] == pytest.approx(weights @ np.arange(P) / 40)


def test_no_failure_is_not_certainty_and_no_visit_even_less() -> None:
    made, _ = landscape({p: (0, 30) for p in range(P) if p != 7})
    mean, low, high = risk(made, at(3))
    assert mean == low == 0 and 0.01 < high < 0.2
    unvisited = risk(made, at(7))
    assert unvisited[2] > 0 and unvisited[0] < 0.05


def test_items_probed_everywhere_are_worth_less() -> None:
    """Twenty points, but the same thirty items: ten of them fail wherever they are probed."""
    rows = [(item, point, item < 10) for item in range(30) for point in range(P)]
    probes = pd.DataFrame(rows, columns=["item", "point", "failed"])
    probes = probes.assign(severity=1.0, propensity=1 / P, cached=False)
    made = Landscape.from_probes(probes, SPACE)
    even = np.full(P, 1 / P)
    wanted = wilson(np.array([10]), np.array([30]))
    np.testing.assert_allclose(risk(made, even, probes)[1:], [wanted[0][0], wanted[1][0]], atol=0.01)
    naive = risk(made, even)
    assert naive[2] - naive[1] < 0.3 * (wanted[1][0] - wanted[0][0])


@pytest.mark.parametrize("weights", [np.ones(P), np.ones(3) / 3, np.full(P, np.nan), np.r_[2.0, -1.0, np.zeros(P - 2)]])
def test_weights_must_be_a_distribution(weights: np.ndarray) -> None:
    with pytest.raises(UsageError, match="usage weights must be 20 numbers"):
        risk(landscape({0: (1, 2), 1: (0, 2)})[0], weights)


# --- distributions ---


def shares(**spec: str | float) -> tuple[np.ndarray, np.ndarray]:
    weights = usage_distribution(SPACE, spec).reshape(SPACE.shape)
    return weights.sum(axis=1), weights.sum(axis=0)


def test_nothing_said_is_nothing_done() -> None:
    assert usage_distribution(SPACE, {}).tolist() == at(int(SPACE.index(np.array([[2, 0]]))[0])).tolist()


def test_normal_by_hand() -> None:
    rotation, darken = shares(rotation="normal(0, 5)")
    inner = np.diff(norm(0, 5).cdf([-7.5, -2.5, 2.5, 7.5]))
    tail = norm(0, 5).cdf(-7.5)
    np.testing.assert_allclose(rotation, [tail, *inner, tail])
    assert darken.tolist() == [1, 0, 0, 0]


def test_uniform_levels_and_numbers_by_hand() -> None:
    np.testing.assert_allclose(shares(darken="uniform(0, 0.3)")[1], [1 / 6, 1 / 3, 1 / 3, 1 / 6])
    np.testing.assert_allclose(shares(darken="levels(2, 1, 1, 0)")[1], [0.5, 0.25, 0.25, 0])
    for text in (0.1, "0.1", " 1e-1 "):
        assert shares(darken=text)[1].tolist() == [0, 1, 0, 0]


def test_concepts_are_independent() -> None:
    weights = usage_distribution(SPACE, {"rotation": "normal(1, 4)", "darken": "uniform(0, 0.2)"}).reshape(SPACE.shape)
    np.testing.assert_allclose(weights, np.outer(weights.sum(axis=1), weights.sum(axis=0)))
    assert weights.sum() == pytest.approx(1)


@given(st.floats(-8, 8), st.floats(0.1, 3))
@settings(max_examples=50, deadline=None)
def test_every_distribution_sums_to_one(mean: float, deviation: float) -> None:
    weights = usage_distribution(SPACE, {"rotation": f"normal({mean!r}, {deviation!r})"})
    assert weights.sum() == pytest.approx(1) and (weights >= 0).all()


def test_cells_of_a_range_have_their_own_borders() -> None:
    space = concept_space(["darken=0.1,0.5"])
    space.concepts[0].edges = np.array([0.0, 0.2, 0.8])
    np.testing.assert_allclose(usage_distribution(space, {"darken": "uniform(0, 0.8)"}), [0.25, 0.75])


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"rotaton": "normal(0,1)"}, "no concept 'rotaton' in the grid; did you mean rotation?"),
        ({"rotation": "norml(0,1)"}, "no distribution 'norml' for rotation; did you mean normal?"),
        ({"rotation": "about five"}, "is no distribution: use normal"),
        ({"rotation": "normal(0, x)"}, "must hold finite numbers"),
        ({"rotation": "normal(0)"}, "takes two numbers: normal"),
        ({"rotation": "normal(0, -1)"}, "deviation of rotation must be positive"),
        ({"rotation": "uniform(3, 3)"}, "must go up"),
        ({"rotation": "normal(40, 1)"}, "100.% of normal.40, 1. lies beyond the levels of rotation, -10 to 10"),
        ({"darken": "levels(1, 2)"}, "takes 4 shares"),
        ({"darken": "levels(0, 0, 0, 0)"}, "not all 0"),
        ({"darken": 0.15}, "0.15 is no level of darken; its levels are 0, 0.1, 0.2, 0.3"),
        ({"rotation": "__import__('os').getcwd()"}, "is no distribution"),
    ],
)
def test_what_cannot_be_meant_is_said(spec: dict[str, str | float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        usage_distribution(SPACE, spec)


def test_a_grid_without_the_identity_must_be_told() -> None:
    space = concept_space(["rotation=-10,0,10", "darken=0.1,0.5"])
    with pytest.raises(UsageError, match=r"no level at which darken changes nothing: .* such as darken=0.1"):
        usage_distribution(space, {})
    sliced = ConceptSpace([GroupAxis({"a": 0, "b": 1})])
    with pytest.raises(UsageError, match="class has no order"):
        usage_distribution(sliced, {"class": "normal(0, 1)"})
    assert usage_distribution(sliced, {"class": "levels(1, 3)"}).tolist() == [0.25, 0.75]


def test_in_use_edits_of_texts_are_as_frequent_as_is_said() -> None:
    """Alone, at every strength alike, for whatever topic, unless an axis is named."""
    edits = ["lower-case", "negate", "word-order"]
    for extra in ({}, {"pairs": True}, {"groups": {"topic": {"fire": 0, "theft": 1}}}):
        space = concept_space({"edits": edits, **extra})
        weights = usage_distribution(space, {"lower-case": 3, "word-order": "1"})
        edit = space.names.index("edit")
        shares = [weights[space.grid()[:, edit] == k].sum() for k in range(3)]
        np.testing.assert_allclose(shares, [0.75, 0, 0.25])
        assert len(set(weights[weights > 0].round(9).tolist())) == 2
        if "pairs" in extra:
            assert weights[space.grid()[:, 1] > 0].sum() == 0
    weights = usage_distribution(space, {"lower-case": 1, "strength": "levels(0,0,0,1)", "topic": "levels(0,1)"})
    assert weights[space.index(np.array([[1, 0, 3]]))] == 1
    for spec, message in (
        ({}, "say how often edits are made in use"),
        ({"lower-case": -1}, "a number for each"),
        ({"lowercase": 1}, "did you mean lower-case"),
    ):
        with pytest.raises(UsageError, match=message):
            usage_distribution(space, spec)
