"""Regions of a corpus: clusters of the vectors that an encoder gives its pictures.

Shapes: ``N`` pictures, ``F`` features.
"""

from __future__ import annotations

import numpy as np
from sklearn.cluster import KMeans

from failscape.errors import UsageError


def regions(vectors: np.ndarray, fit: np.ndarray, n: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """The region of each picture ``(N,)`` int64, and the names of the regions, by k-means.

    Centres are those of the pictures of ``fit`` alone.

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
    found = KMeans(n, n_init=4, random_state=0).fit(vectors[fit].astype(np.float64))
    return found.predict(vectors.astype(np.float64)).astype(np.int64), tuple(f"region {k + 1}" for k in range(n))
