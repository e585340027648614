"""Where failures lie on the lattice, as distributions: distance, barycenter, and by how much they moved.

Shapes: ``P`` points, ``K`` concepts, ``S`` distributions, such as one per seed.
"""

from __future__ import annotations

import numpy as np
import ot

from failscape.concepts import ConceptSpace

MAX_EXACT = 200  # points for which the linear program of a barycenter is solved in seconds
MAX_POINTS = 1000  # for which a barycenter is worked out at all
REGULARISATION = 1e-3  # beyond that: entropy, as a share of the largest cost


def failure_distribution(rates: np.ndarray) -> np.ndarray:
    """Rates as a distribution over points, ``(P,) -> (P,)``; NaN everywhere where nothing fails."""
    rates = np.clip(np.nan_to_num(rates), 0, None)
    return rates / rates.sum() if rates.sum() > 0 else np.full(len(rates), np.nan)


def costs(space: ConceptSpace, power: int = 1) -> np.ndarray:
    """Cost of moving mass between points ``(P, P)``, in levels to the ``power``, summed over concepts.

    One level of one concept costs 1; levels without order are all 1 apart. ``power`` 1 is the city-block metric, 2 the
    squared Euclidean one, for which barycenters are unique.
    """
    grid = space.grid()
    total = np.zeros((len(grid), len(grid)))
    for k, concept in enumerate(space.concepts):
        apart = np.abs(grid[:, k, None] - grid[None, :, k]).astype(float)
        total += (apart > 0).astype(float) if concept.categorical else apart**power
    return total


def wasserstein(a: np.ndarray, b: np.ndarray, space: ConceptSpace) -> float:
    """Wasserstein-1 distance [levels] between two failure distributions: ``(P,), (P,)`` rates or shares.

    Exact, by POT's network simplex. NaN where either has no failures.
    """
    a, b = failure_distribution(a), failure_distribution(b)
    if np.isnan(a).any() or np.isnan(b).any():
        return float("nan")
    return float(ot.emd2(a, b, costs(space), numItermax=10_000_000))


def barycenter(rates: np.ndarray, space: ConceptSpace) -> np.ndarray:
    """The Wasserstein-2 barycenter of failure distributions, evenly weighted: ``(S, P) -> (P,)`` summing to 1.

    What lies between several maps, with the mass moved rather than mixed: between a peak here and a peak there it is
    one peak halfway (Agueh and Carlier 2011). Up to 200 points it is exact, a linear program; beyond, it is Sinkhorn's,
    its entropy weighted by a thousandth of the largest cost. Rows without failures are left out; NaN where none is
    left, or beyond 1000 points.
    """
    found = np.array([failure_distribution(row) for row in np.atleast_2d(rates)])
    found = found[~np.isnan(found).any(axis=1)]
    if len(found) == 1:
        return found[0]
    if not len(found) or space.n_points > MAX_POINTS:
        return np.full(space.n_points, np.nan)
    cost = costs(space, power=2)
    if space.n_points <= MAX_EXACT:
        mixed: np.ndarray = ot.lp.barycenter(found.T, cost, solver="highs")
    else:
        found = np.clip(found, 1e-12, None)
        options = {"method": "sinkhorn_log", "numItermax": 2000, "warn": False}
        mixed = ot.bregman.barycenter(found.T / found.sum(axis=1), cost / cost.max(), REGULARISATION, **options)
    mixed = np.clip(mixed, 0, None)
    return mixed / mixed.sum()


def centre(distribution: np.ndarray, space: ConceptSpace) -> np.ndarray:
    """Mean strength of a distribution on each axis, in the concepts' units, ``(P,) -> (K,)``; NaN without order."""
    means = distribution @ space.strengths(space.grid())
    ordered = np.array([not concept.categorical for concept in space.concepts])
    return np.where(ordered, means, np.nan)
