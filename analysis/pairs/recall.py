"""What share of the pairs above a threshold a first stage proposes, measured on drawn items.

Shapes: ``M`` pairs of a drawn item and any other.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from failscape.analysis.statistics.rates import cluster_interval
from failscape.common.format import counted, interval, percent


class Recall(NamedTuple):
    """Of the pairs above the target's threshold that drawn items are in, those that were proposed."""

    n_drawn: int  # items
    n_true: int  # pairs above the threshold, one of which is drawn; those of two drawn items count for each
    n_found: int  # of them, that were proposed
    low: float  # 95 % interval over items, of the share in all pairs
    high: float

    @property
    def rate(self) -> float:
        """NaN where the drawn items are in no such pair."""
        return self.n_found / self.n_true if self.n_true else float("nan")

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**self._asdict(), "rate": self.rate if self.n_true else None}

    def __str__(self) -> str:
        """What was measured, in one sentence."""
        drawn = counted(self.n_drawn, "drawn item")
        if not self.n_true:
            return f"The recall is not known: {drawn} are in no pair above the target's threshold."
        found = f"{self.n_found:,} of {counted(self.n_true, 'pair')} ({percent(self.rate)})"
        return (
            f"The approximate search found {found} above the target's threshold that {drawn} are in "
            f"(95 % interval over items: {interval(self.low, self.high)}\u00a0%)."
        )


def recall_of(n_drawn: int, item: np.ndarray, found: np.ndarray) -> Recall:
    """The share of pairs that were found.

    Args:
        n_drawn: items, with pairs or without.
        item: the drawn item of each pair ``(M,)``.
        found: whether it was proposed ``(M,)`` bool.
    """
    low, high = cluster_interval(item, found.astype(float), np.ones(len(item))) if len(item) else (0.0, 1.0)
    return Recall(n_drawn, len(item), int(found.sum()), low, high)
