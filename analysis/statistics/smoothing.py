"""The smoothed landscape: a Gaussian process over the lattice, from noisy rates.

Shapes: ``P`` points, ``K`` concepts.
"""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel

# A Gaussian process costs the cube of the points it rests on, and learning its length scales that many times over.
MAX_LEARN = 400  # visited points to learn length scales from
MAX_FIT = 1000  # visited points to condition on
CHUNK = 4096  # points predicted at once


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
    rng = np.random.default_rng(seed)
    fit = _at_most(visited, MAX_FIT, rng)
    learn = _at_most(fit, MAX_LEARN, rng)
    overall = float(np.average(rates[fit], weights=1 / variances[fit]))
    kernel = ConstantKernel(0.05, (1e-4, 1.0)) * RBF(np.ones(coordinates.shape[1]), (0.2, 20.0))
    with warnings.catch_warnings():
        # A length scale at its bound says that a concept does not matter, which is an answer.
        warnings.simplefilter("ignore", ConvergenceWarning)
        process = GaussianProcessRegressor(kernel, alpha=variances[learn])
        process.fit(coordinates[learn], rates[learn] - overall)
    if len(fit) > len(learn):
        process = GaussianProcessRegressor(process.kernel_, alpha=variances[fit], optimizer=None)
        process.fit(coordinates[fit], rates[fit] - overall)
    chunks = np.array_split(coordinates, -(-len(coordinates) // CHUNK))
    means, deviations = zip(*(process.predict(chunk, return_std=True) for chunk in chunks), strict=True)
    return np.clip(np.concatenate(means) + overall, 0, 1), np.concatenate(deviations)


def _at_most(points: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    return points if len(points) <= n else rng.choice(points, n, replace=False)
