"""The Gaussian process over the lattice: closer to the truth than counts, and unsure where it should be."""

import numpy as np
import pytest

from failscape.analysis.statistics import smoothing
from failscape.analysis.statistics.smoothing import smooth


def lattice(*shape: int) -> np.ndarray:
    axes = [np.linspace(-1, 1, n) if n > 1 else np.zeros(1) for n in shape]
    return np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=1).astype(np.float32)


def counted(truth: np.ndarray, trials: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Rates of ``trials`` draws per point, and their variances."""
    rates = np.random.default_rng(seed).binomial(trials, truth) / trials
    pooled = max(float((rates * (1 - rates)).mean()), 1e-3)
    return rates, np.full(len(truth), pooled / trials)


GRID = lattice(7, 7)
HILL = 0.1 + 0.7 * np.exp(-2 * ((GRID[:, 0] - 0.5) ** 2 + (GRID[:, 1] + 0.3) ** 2))


def test_it_recovers_a_smooth_truth_better_than_counts() -> None:
    for seed in range(3):
        rates, variances = counted(HILL, 20, seed)
        mean, deviation = smooth(GRID, rates, variances)
        assert ((mean - HILL) ** 2).mean() < 0.4 * ((rates - HILL) ** 2).mean()
        assert (np.abs(mean - HILL) < 1.96 * deviation).mean() > 0.8  # and knows how far off it may be


def test_certainty_grows_with_trials() -> None:
    deviations = [smooth(GRID, *counted(HILL, trials, 0))[1].mean() for trials in (5, 50, 500)]
    assert deviations[0] > 1.5 * deviations[1] > 2 * deviations[2] > 0


def test_unvisited_points_are_guessed_from_their_neighbours_and_less_surely() -> None:
    rates, variances = counted(HILL, 50, 0)
    unvisited = (GRID[:, 0] > 0.2) & (GRID[:, 1] < -0.2)
    rates[unvisited], variances[unvisited] = np.nan, np.inf
    mean, deviation = smooth(GRID, rates, variances)
    assert np.isfinite(mean).all() and np.isfinite(deviation).all()
    assert deviation[unvisited].min() > deviation[~unvisited].mean()
    assert np.abs(mean - HILL)[unvisited].mean() < 0.25


def test_a_concept_that_does_not_matter_is_smoothed_away() -> None:
    truth = np.clip(0.5 + 0.4 * GRID[:, 0], 0, 1)
    mean, _ = smooth(GRID, *counted(truth, 30, 0))
    table = mean.reshape(7, 7)
    assert np.ptp(table, axis=1).max() < 0.1 < np.ptp(table, axis=0).min()


@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
def test_a_flat_landscape_stays_flat(rate: float) -> None:
    mean, deviation = smooth(GRID, np.full(49, rate), np.full(49, 0.002))
    np.testing.assert_allclose(mean, rate, atol=0.01)
    assert (deviation >= 0).all() and deviation.max() < 0.1


def test_with_nothing_to_learn_from() -> None:
    nothing, unsure = smooth(GRID, np.full(49, np.nan), np.full(49, np.inf))
    assert (nothing == 0.5).all() and (unsure == 0.5).all()
    rates, variances = np.full(49, np.nan), np.full(49, np.inf)
    rates[5], variances[5] = 0.25, 0.01
    one, unsure = smooth(GRID, rates, variances)
    assert (one == 0.25).all() and (unsure == 0.5).all()


def test_two_visited_points_are_enough_and_rates_are_clipped() -> None:
    rates, variances = np.full(49, np.nan), np.full(49, np.inf)
    rates[[0, 48]], variances[[0, 48]] = [-0.2, 1.3], 0.001  # adjusted rates may leave [0, 1]
    mean, deviation = smooth(GRID, rates, variances)
    assert mean.min() >= 0 and mean.max() <= 1 and np.isfinite(deviation).all()
    assert mean[0] < 0.1 and mean[48] > 0.9


@pytest.mark.parametrize("shape", [(1,), (6,), (1, 5), (2, 1, 3)])
def test_axes_of_one_level_do_no_harm(shape: tuple[int, ...]) -> None:
    grid = lattice(*shape)
    mean, deviation = smooth(grid, np.linspace(0.2, 0.6, len(grid)), np.full(len(grid), 0.001))
    assert mean.shape == deviation.shape == (len(grid),) and np.isfinite(mean).all()


def test_of_too_many_points_a_seeded_choice_is_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smoothing, "MAX_FIT", 25)
    rates, variances = counted(HILL, 400, 0)
    first, second, other = (smooth(GRID, rates, variances, seed)[0] for seed in (1, 1, 2))
    assert np.array_equal(first, second) and not np.array_equal(first, other)
    assert np.abs(first - HILL).max() < 0.2


def test_the_same_rates_give_the_same_landscape() -> None:
    rates, variances = counted(HILL, 20, 0)
    np.random.seed(1)  # noqa: NPY002 - whatever the global generator says
    first = smooth(GRID, rates, variances)
    np.random.seed(2)  # noqa: NPY002
    for a, b in zip(first, smooth(GRID, rates, variances), strict=True):
        np.testing.assert_array_equal(a, b)
