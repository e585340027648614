"""Rows whose attribute values follow a wanted distribution.

Shapes: ``N`` rows to pick from, ``n`` picked.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

import numpy as np

from failscape.errors import UsageError

AnyValue = TypeVar("AnyValue", bound=Hashable)


def resampled(
    labels: Sequence[AnyValue], wanted: Mapping[AnyValue, float], n: int, rng: np.random.Generator
) -> np.ndarray:
    """Rows ``(n,)`` in random order, of which each value has its share to within one row.

    Rows of one value come equally often, give or take one; rows of values that are not wanted never.

    Args:
        labels: the value of each row, (N,).
        wanted: weight of each value, which need not sum to 1.
        n: how many rows are picked.
        rng: decides which.

    Raises:
        UsageError: no row has a value that is wanted, or the weights are no distribution.
    """
    counts = apportioned(wanted, n)
    rows: list[np.ndarray] = []
    for value, count in counts.items():
        own = np.flatnonzero([label == value for label in labels])
        if wanted[value] and not len(own):
            raise UsageError(f"no row has the value {value!r}, of which a share of {wanted[value]:g} is wanted")
        rounds = [rng.permutation(own) for _ in range(math.ceil(count / max(1, len(own))))]
        rows.append(np.concatenate([np.zeros(0, np.int64), *rounds])[:count])
    return rng.permutation(np.concatenate(rows))


def apportioned(wanted: Mapping[AnyValue, float], n: int) -> dict[AnyValue, int]:
    """How many of ``n`` each value gets: its share rounded down, and one more for the largest remainders.

    Raises:
        UsageError: the weights are no distribution.
    """
    shares = shares_of(wanted)
    exact = {value: share * n for value, share in shares.items()}
    counts = {value: math.floor(count) for value, count in exact.items()}
    by_remainder = sorted(exact, key=lambda value: counts[value] - exact[value])  # ties: in the order given
    for value in by_remainder[: n - sum(counts.values())]:
        counts[value] += 1
    return counts


def shares_of(wanted: Mapping[AnyValue, float]) -> dict[AnyValue, float]:
    """Weights as shares that sum to 1.

    Raises:
        UsageError: one is negative or not finite, or all are 0.
    """
    total = sum(wanted.values())
    if not (math.isfinite(total) and total > 0 and min(wanted.values()) >= 0):
        raise UsageError(f"{dict(wanted)} is no distribution: weights are 0 or more, and some are more")
    return {value: weight / total for value, weight in wanted.items()}
