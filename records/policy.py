"""Policy tables: what a trained agent thinks of each point, averaged over items.

Shapes: ``P`` points.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from failscape.common.safe_open import regular


class PolicyTable(NamedTuple):
    """FSRL's landscape (arXiv 2406.07145): mean and spread over items of ``softmax(Q(item, .))`` per point.

    Beside them what tells whether to believe it: the mean Q itself, how many items choose the point greedily, and how
    many gradient updates the agent saw.
    """

    mean: np.ndarray  # (P,) float, sums to 1
    spread: np.ndarray  # (P,) float, standard deviation over items
    q_mean: np.ndarray  # (P,) float, in units of the reward
    greedy: np.ndarray  # (P,) int, items whose best point this is
    n_updates: int

    def save(self, path: Path) -> None:
        """Write to ``path`` (npz)."""
        with path.open("wb") as file:
            np.savez(file, **self._asdict())

    @classmethod
    def load(cls, path: Path) -> PolicyTable:
        """What :meth:`save` wrote."""
        with np.load(regular(path), allow_pickle=False) as table:
            return cls(table["mean"], table["spread"], table["q_mean"], table["greedy"], int(table["n_updates"]))

    @classmethod
    def from_q(cls, q: np.ndarray, n_updates: int) -> PolicyTable:
        """The table of Q values ``(N, P)``."""
        soft = np.exp(q - q.max(axis=1, keepdims=True))
        soft /= soft.sum(axis=1, keepdims=True)
        greedy = np.bincount(q.argmax(axis=1), minlength=q.shape[1])
        return cls(soft.mean(axis=0), soft.std(axis=0), q.mean(axis=0), greedy, n_updates)
