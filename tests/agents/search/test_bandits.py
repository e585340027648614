"""UCB1, Thompson sampling and the Gaussian process against their definitions; what bandits say when asked."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, chisquare

from failscape.agents.registry import explore
from failscape.agents.search.bandits import Arms, share_out, thompson, ucb1
from failscape.agents.search.bayes import MAX_POINTS, Surrogate, root
from failscape.agents.session import Session
from failscape.concepts import ConceptSpace
from failscape.envs.gym_views import ConceptVectorEnv
from failscape.envs.recording import Recorder
from failscape.envs.tasks.toy import Shift, ShiftUp, make_mdp
from failscape.errors import UsageError


def played(visits: list[int], failures: list[int]) -> Arms:
    arms = Arms(len(visits))
    arms.visits[:], arms.failures[:] = visits, failures
    return arms


@given(st.lists(st.tuples(st.integers(1, 30), st.floats(0, 1)), min_size=2, max_size=12), st.integers(0, 99))
@settings(max_examples=50, deadline=None)
def test_ucb1_takes_the_highest_bound_of_the_paper(counts: list[tuple[int, float]], seed: int) -> None:
    visits = [n for n, _ in counts]
    failures = [round(n * share) for n, share in counts]
    bounds = [f / n + np.sqrt(2 * np.log(sum(visits)) / n) for n, f in zip(visits, failures, strict=True)]
    chosen = ucb1(played(visits, failures), np.random.default_rng(seed), 1)
    assert bounds[chosen[0]] == pytest.approx(max(bounds))


def test_ucb1_tries_everything_first_in_an_order_of_chance() -> None:
    orders = set()
    for seed in range(5):
        order = ucb1(Arms(10), np.random.default_rng(seed), 10)
        assert sorted(order.tolist()) == list(range(10))  # side by side, no two slots alike
        orders.add(tuple(order))
    assert len(orders) == 5


def test_ucb1_side_by_side_spreads_as_one_after_another_would() -> None:
    """A slot's choice counts as a visit: the bound of the best shrinks until another is higher."""
    arms = played([50, 50, 50], [25, 24, 5])
    assert set(ucb1(arms, np.random.default_rng(0), 20).tolist()) == {0, 1}


def test_thompson_chooses_a_point_as_often_as_it_is_the_worst() -> None:
    arms = played([8, 5], [6, 3])
    grid = np.linspace(0, 1, 20_001)
    worse = np.trapezoid(beta.pdf(grid, 7, 3) * beta.cdf(grid, 4, 3), grid)  # P(first > second)
    chosen = thompson(arms, np.random.default_rng(0), 5000)
    assert chisquare(np.bincount(chosen), 5000 * np.array([worse, 1 - worse])).pvalue > 1e-3


def test_a_share_of_the_points_is_uniform() -> None:
    points = share_out(np.full(20_000, 3), 0.25, 10, np.random.default_rng(0))
    expected = np.full(10, 0.025)
    expected[3] += 0.75
    assert chisquare(np.bincount(points), 20_000 * expected).pvalue > 1e-3


def test_the_best_point_is_one_that_was_tried_enough() -> None:
    """Of these the second fails most, the first was never tried and the last but once."""
    arms = played([0, 40, 40, 1], [0, 16, 4, 1])
    assert arms.best(make_mdp(), np.arange(3)).tolist() == [1, 1, 1]
    prior = 10 * 21 / 81
    np.testing.assert_allclose(arms.mean, [prior / 10, (16 + prior) / 50, (4 + prior) / 50, (1 + prior) / 11])


def test_bandits_do_not_claim_a_chance_that_they_do_not_know() -> None:
    envs = ConceptVectorEnv(make_mdp(), 4)
    heard: list[object] = []

    class Heard(Recorder):
        def record(self, *args: object) -> None:
            heard.append(self.propensity)
            super().record(*args)  # type: ignore[arg-type]

    envs.recorder = Heard(None, envs.mdp.space)
    explore("thompson", envs, Session(envs.recorder, 40), 0, {"uniform_share": 0.1})
    assert heard == [None] * 10


# --- the Gaussian process ---


def test_the_surrogate_learns_a_smooth_landscape_where_it_was_not_asked() -> None:
    space = ConceptSpace([Shift(np.arange(7)), ShiftUp(np.arange(7))])
    grid = space.grid()
    truth = 0.1 + 0.8 * np.exp(-((grid - [5, 1]) ** 2).sum(axis=1) / 6)
    rng = np.random.default_rng(0)
    surrogate = Surrogate(space, rng)
    asked = rng.choice(np.flatnonzero((grid != [5, 1]).any(axis=1)), 30, replace=False)
    for _ in range(40):
        surrogate.arms.tell(asked, rng.random(30) < truth[asked])
    surrogate.fit()
    assert np.corrcoef(surrogate.mean, truth)[0, 1] > 0.95
    assert np.abs(grid[surrogate.best(make_mdp(), np.arange(1))[0]] - [5, 1]).sum() <= 1


def test_draws_have_the_posteriors_mean_and_spread() -> None:
    covariance = np.array([[2.0, 0.8], [0.8, 1.0]])
    np.testing.assert_allclose(root(covariance) @ root(covariance).T, covariance)
    singular = np.ones((3, 3))
    np.testing.assert_allclose(root(singular) @ root(singular).T, singular, atol=1e-7)


def test_on_a_large_grid_points_that_tie_are_not_taken_side_by_side() -> None:
    space = ConceptSpace([Shift(np.arange(40)), ShiftUp(np.arange(40))])
    surrogate = Surrogate(space, np.random.default_rng(0))
    surrogate.arms.visits[:] = 1
    highest = surrogate._highest(surrogate.arms.visits, MAX_POINTS)
    assert len(set(highest.tolist())) == MAX_POINTS and highest.max() > 1500
    rows = np.bincount(highest // 40, minlength=40)
    assert rows.min() > 0  # from all over the grid
    surrogate.arms.visits[[700, 900]] = [5, 9]
    assert surrogate._highest(surrogate.arms.visits, 2).tolist() == [900, 700]


@pytest.mark.parametrize(
    ("name", "settings", "match"),
    [
        ("ucb1", {"uniform_share": 1.5}, r"uniform_share must lie in \[0, 1\], got 1.5"),
        ("bayes", {"uniform_share": 0.1, "refit": 0}, "refit must be 1 or more steps, got 0"),
    ],
)
def test_settings_that_mean_nothing_are_refused(name: str, settings: dict[str, float], match: str) -> None:
    envs = ConceptVectorEnv(make_mdp(), 4)
    with pytest.raises(UsageError, match=match):
        explore(name, envs, Session(Recorder(None, envs.mdp.space), 40), 0, settings)
