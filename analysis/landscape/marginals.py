"""What each column of a table says by itself: failure rates by the levels of every axis, over all others.

Only where items lie at points: the axes are not set by anybody there, so that each level has items of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.statistics.rates import clustered_trials, wilson
from failscape.analysis.statistics.units import Unit


class Level(NamedTuple):
    """One level of an axis."""

    name: str
    rate: float  # of its units, each counting alike; NaN where there are none
    low: float  # 95 % interval for other items like these, which are the clusters
    high: float
    failures: int
    n: int  # units
    n_clusters: int


class Marginal(NamedTuple):
    """One axis."""

    axis: str
    levels: Sequence[Level]

    @property
    def spread(self) -> float:
        """Highest rate less lowest."""
        rates = [level.rate for level in self.levels if level.n]
        return max(rates) - min(rates) if rates else 0.0


def marginals(landscape: Landscape, probes: pd.DataFrame, items: pd.DataFrame) -> list[Marginal]:
    """Every axis, that which matters most first; none where items can be edited to any point."""
    if landscape.population is None:
        return []
    units = Unit.of(items).complete(probes)
    points = landscape.space.point(units["point"].to_numpy(np.int64))
    found = [
        Marginal(
            concept.name, _levels([concept.level_name(k) for k in range(len(concept.levels))], units, points[:, axis])
        )
        for axis, concept in enumerate(landscape.space.concepts)
    ]
    return sorted(found, key=lambda marginal: -marginal.spread)


def overall(landscape: Landscape, probes: pd.DataFrame, items: pd.DataFrame) -> Level:
    """All units together."""
    units = Unit.of(items).complete(probes)
    return _levels(["all"], units, np.zeros(len(units), np.int64))[0]


def _levels(names: Sequence[str], units: pd.DataFrame, level: np.ndarray) -> list[Level]:
    n_levels, failed = len(names), units["failed"].to_numpy(float)
    clusters, weights = units["cluster"].to_numpy(np.int64), np.ones(len(units))
    n, failures = np.bincount(level, minlength=n_levels), np.bincount(level, failed, n_levels)
    trials = clustered_trials(level, clusters, failed, weights, n_levels)
    rate = np.divide(failures, n, out=np.full(n_levels, np.nan), where=n > 0)
    low, high = wilson(np.nan_to_num(rate) * trials, trials)
    width = int(clusters.max(initial=0)) + 1
    n_clusters = np.bincount(np.unique(level * width + clusters) // width, minlength=n_levels)
    return [
        Level(name, float(rate[k]), float(low[k]), float(high[k]), int(failures[k]), int(n[k]), int(n_clusters[k]))
        for k, name in enumerate(names)
    ]
