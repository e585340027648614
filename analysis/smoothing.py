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
    coordinates: np.ndarray, rates: np.ndarray, variances: np.ndarray, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Posterior mean and standard deviation of the rate at every point: ``(P, K), (P,), (P,) -> (P,), (P,)``.

    One length scale per concept is learned from the data. The mean is clipped to [0, 1]. With fewer than two visited
    points there is nothing to learn from: what there is comes back everywhere, with a standard deviation of .5.

    Args:
        coordinates: of the points, in [-1, 1].
        rates: observed, NaN where unvisited.
        variances: of the observed rates, infinite where unvisited.
        seed: of the choice among visited points when they are more than a Gaussian process can take.
    """
    visited = np.flatnonzero(np.isfinite(variances))
    if len(visited) < 2:
        known = float(rates[visited].mean()) if len(visited) else 0.5
        return np.full(len(rates), np.clip(known, 0, 1)), np.full(len(rates), 0.5)
    if len(visited) > MAX_FIT:
        visited = np.random.default_rng(seed).choice(visited, MAX_FIT, replace=False)
    overall = float(np.average(rates[visited], weights=1 / variances[visited]))
    kernel = ConstantKernel(0.05, (1e-4, 1.0)) * RBF(np.ones(coordinates.shape[1]), (0.2, 20.0))
    process = GaussianProcessRegressor(kernel, alpha=variances[visited], random_state=seed)
    with warnings.catch_warnings():
        # A length scale at its bound says that a concept does not matter, which is an answer.
        warnings.simplefilter("ignore", ConvergenceWarning)
        process.fit(coordinates[visited], rates[visited] - overall)
        mean, deviation = process.predict(coordinates, return_std=True)
    return np.clip(mean + overall, 0, 1), deviation
