"""Several models by the answers that one table has of each: differences on the same items, overall and point by point.

Shapes: ``U`` units, ``C`` clusters.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd

from failscape.analysis.statistics.multiple_testing import exceeds_paired, holm
from failscape.analysis.statistics.paired_effects import paired_interval
from failscape.analysis.statistics.rates import sum_p

RESAMPLES = 2000
MAX_BOOTSTRAP = 5000  # clusters; of more, the interval is that of the clusters' own standard error, which is the same
Z_95 = 1.96
MIN_CLUSTERS = 6  # with fewer, no difference would be significant at 5 %


class Difference(NamedTuple):
    """How much more often one model fails than another, in the units that both have."""

    first: str
    second: str
    point: int  # -1 for all together
    first_rate: float
    second_rate: float
    change: float  # first - second
    low: float  # 95 % interval
    high: float
    p_value: float  # two-sided, adjusted for how many differences are looked at (Holm)
    n: int  # pairs
    n_clusters: int
    exact: bool  # whether each item has one pair, so that the test is McNemar's


def differences(units: pd.DataFrame, names: Sequence[str], seed: int = 0) -> list[Difference]:
    """Each two models on what both answered: the largest difference first.

    Args:
        units: columns ``part`` (the model), ``cluster, point, failed``; ``match`` says which units of two models are of
            the same question.
        names: of the models, in the order in which they are told.
        seed: of the bootstrap.
    """
    return _judged([_difference(a, b, -1, pairs, seed) for a, b, pairs in _pairs(units, names)])


def point_differences(units: pd.DataFrame, names: Sequence[str], seed: int = 0) -> list[Difference]:
    """The same at every point at which both have items enough to tell, with one correction over all of them."""
    found = []
    for a, b, pairs in _pairs(units, names):
        for point in np.unique(pairs["point"]).tolist():
            here = pairs[pairs["point"] == point]
            if here["cluster"].nunique() >= MIN_CLUSTERS:
                found.append(_difference(a, b, point, here, seed))
    return _judged(found)


def _pairs(units: pd.DataFrame, names: Sequence[str]) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """For each two models their matched units: columns ``cluster, point, first, second``."""
    tables = {
        name: own.groupby(["cluster", "point", "match"], sort=True)["failed"].mean()
        for name, own in units.groupby("part", sort=False)
    }
    for a, b in combinations(names, 2):
        both = pd.concat({"first": tables[a], "second": tables[b]}, axis=1, join="inner").reset_index()
        if len(both):
            yield a, b, both


def _difference(a: str, b: str, point: int, pairs: pd.DataFrame, seed: int) -> Difference:
    first, second = pairs["first"].to_numpy(float), pairs["second"].to_numpy(float)
    clusters, which = np.unique(pairs["cluster"], return_inverse=True)
    change, n = first - second, len(pairs)
    exact = len(clusters) == n and bool(np.isin(change, (-1, 0, 1)).all())
    if exact:
        gained, lost = int((change > 0).sum()), int((change < 0).sum())
        low, high = paired_interval(change)
        p = 2 * min(exceeds_paired(gained, lost), exceeds_paired(lost, gained))
    else:
        total, size = np.bincount(which, change), np.bincount(which)
        low, high = cluster_interval(total, size, seed)
        p = 2 * min(sum_p(total), sum_p(-total))
    rates = float(first.mean()), float(second.mean())
    return Difference(a, b, point, *rates, float(change.mean()), low, high, min(1.0, p), n, len(clusters), exact)


def cluster_interval(total: np.ndarray, size: np.ndarray, seed: int) -> tuple[float, float]:
    """95 % interval of a mean whose terms come in clusters of sum and size ``(C,)``: a bootstrap over clusters."""
    n = len(total)
    mean = float(total.sum() / size.sum())
    if n > MAX_BOOTSTRAP:
        half = Z_95 * float(np.sqrt(((total - mean * size) ** 2).sum())) / float(size.sum())
        return mean - half, mean + half
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(n, np.full(n, 1 / n), size=RESAMPLES)
    low, high = np.quantile(drawn @ total / (drawn @ size), [0.025, 0.975])
    return float(low), float(high)


def _judged(found: list[Difference]) -> list[Difference]:
    adjusted = holm(np.array([one.p_value for one in found]))
    judged = [one._replace(p_value=float(p)) for one, p in zip(found, adjusted, strict=True)]
    return sorted(judged, key=lambda one: -abs(one.change))
