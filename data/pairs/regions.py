"""Regions of a corpus: clusters of the vectors that an encoder gives its pictures.

Shapes: ``N`` pictures, ``F`` features.
"""

from __future__ import annotations

import warnings

import numpy as np
from scipy.cluster.vq import kmeans2, vq

from failscape.errors import UsageError


def regions(vectors: np.ndarray, fit: np.ndarray, n: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """The region of each picture ``(N,)`` int64, and the names of the regions, by k-means.

    Centres are those of the pictures of ``fit`` alone; a region that none of them is in does not exist.

    Args:
        vectors: ``(N, F)``.
        fit: pictures that centres are fitted to ``(N,)`` bool.
        n: regions at most.

    Raises:
        UsageError: there are not as many pictures.
    """
    if not 1 <= n <= fit.sum():
        raise UsageError(f"{fit.sum():,} pictures do not make {n:,} regions; give --regions from 1 to {fit.sum():,}")
    n = min(n, len(np.unique(vectors[fit], axis=0)))  # equal pictures cannot be in different regions
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "One of the clusters is empty", UserWarning)
        centres, _ = kmeans2(vectors[fit].astype(np.float64), n, minit="++", seed=0)
    nearest, _ = vq(vectors.astype(np.float64), centres)
    found = np.unique(nearest[fit])
    kept, _ = vq(vectors.astype(np.float64), centres[found])
    return kept.astype(np.int64), tuple(f"region {number + 1}" for number in range(len(found)))
