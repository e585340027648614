"""How clearly a region of the grid stands out from the rest of it, with items as clusters, for very many regions.

Shapes: ``P`` points, ``C`` clusters.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.sparse import coo_array

DENSE = 1500  # points up to which products of points are kept as a full table


class Contrast:
    """The score test of :func:`failscape.analysis.statistics.rates.difference_p` as a quadratic form over points.

    What a cluster adds to the difference of two rates is linear in its residuals at each point, so that the sum of
    squares over clusters is ``v' G v`` with the sides ``v`` of the points and a table ``G`` of products of points that
    is made once, however many regions are asked about.

    Args:
        units: columns ``cluster, point, failed, share``.
        n_points: of the grid.
    """

    def __init__(self, units: pd.DataFrame, n_points: int) -> None:
        _, cluster = np.unique(units["cluster"], return_inverse=True)
        point, share = units["point"].to_numpy(np.int64), units["share"].to_numpy(float)
        failing = share * units["failed"].to_numpy(float)
        shape = (int(cluster.max(initial=-1)) + 1, n_points)
        fails, counts = (coo_array((values, (cluster, point)), shape=shape).tocsr() for values in (failing, share))
        self.failing, self.counted = np.bincount(point, failing, n_points), np.bincount(point, share, n_points)
        products = fails.T @ fails, fails.T @ counts + counts.T @ fails, counts.T @ counts
        self._products = [product.toarray() if n_points <= DENSE else product.tocsr() for product in products]

    def z(self, inside: np.ndarray, free: np.ndarray) -> float:
        """By how many standard errors ``inside`` fails more than the rest of ``free``, ``(P,)`` bool; 0 if less."""
        inside, outside = inside & free, free & ~inside
        n_in, n_out = self.counted[inside].sum(), self.counted[outside].sum()
        if n_in <= 0 or n_out <= 0:
            return 0.0
        sides = inside / n_in - outside / n_out
        pooled = self.failing[free].sum() / (n_in + n_out)
        difference = float(sides @ (self.failing - pooled * self.counted))
        squares = [float(sides @ (product @ sides)) for product in self._products]
        variance = squares[0] - pooled * squares[1] + pooled**2 * squares[2]
        return difference / np.sqrt(variance) if difference > 0 and variance > 1e-18 else 0.0

    def excess(self, inside: np.ndarray, free: np.ndarray) -> float:
        """By how much ``inside`` fails more than the rest of ``free``, ``(P,)`` bool each; 0 where either is empty."""
        inside, outside = inside & free, free & ~inside
        n_in, n_out = self.counted[inside].sum(), self.counted[outside].sum()
        if n_in <= 0 or n_out <= 0:
            return 0.0
        return float(self.failing[inside].sum() / n_in - self.failing[outside].sum() / n_out)
