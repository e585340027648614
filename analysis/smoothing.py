"""The smoothed landscape: a Gaussian process over the lattice, from noisy rates.

Shapes: ``P`` points, ``K`` concepts.
"""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel

MAX_FIT = 1500  # visited points used at most: a Gaussian process costs their number cubed


def smooth(
    coordinates: np.ndarray, rates: np.ndarray, trials: np.ndarray, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Posterior mean and standard deviation of the failure rate at every point: ``(P, K), (P,), (P,) -> (P,), (P,)``.

    Each visited point is an observation with binomial noise for its (effective) number of trials; one length scale per
    concept is learned from the data. The mean is clipped to [0, 1]. With fewer than two visited points there is nothing
    to learn from: the overall rate comes back, with a standard deviation of .5.

    Args:
        coordinates: of the points, in [-1, 1].
        rates: failure rates, NaN where unvisited.
        trials: how many probes each rests on; may be fractional.
        seed: of the choice among visited points when they are more than a Gaussian process can take.
    """
    visited = np.flatnonzero(trials > 0)
    if len(visited) < 2:
        return np.full(len(rates), np.nan_to_num(rates[visited].mean() if len(visited) else 0.5)), np.full(len(rates), 0.5)
    if len(visited) > MAX_FIT:
        visited = np.random.default_rng(seed).choice(visited, MAX_FIT, replace=False)
    n = trials[visited]
    overall = float(np.average(rates[visited], weights=n))
    # One pseudo-trial at the overall rate keeps the noise of points with few probes away from zero.
    shrunk = (n * rates[visited] + overall) / (n + 1)
    noise = np.maximum(shrunk * (1 - shrunk), 0.01) / n
    n_axes = coordinates.shape[1]
    kernel = ConstantKernel(0.05, (1e-4, 1.0)) * RBF(np.ones(n_axes), (0.2, 20.0))
    process = GaussianProcessRegressor(kernel, alpha=noise, n_restarts_optimizer=2, random_state=seed)
    with warnings.catch_warnings():
        # A length scale at its bound says that a concept does not matter, which is an answer.
        warnings.simplefilter("ignore", ConvergenceWarning)
        process.fit(coordinates[visited], rates[visited] - overall)
        mean, deviation = process.predict(coordinates, return_std=True)
    return np.clip(mean + overall, 0, 1), deviation
