"""Mining that compares only pairs which an approximate search proposes, and measures how many of all it proposes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from failscape.analysis.pairs.recall import Recall, recall_of
from failscape.targets.encoders.mining.approximate import (
    among,
    drawn_neighbors,
    mine_proposed,
    n_groups,
    propose,
)
from failscape.targets.encoders.mining.mining import Stripe, Thresholds
from failscape.targets.encoders.mining.screen import Screen
from failscape.workflows.pair_vectors import PairVectors
from failscape.workflows.vector_origins import Progress


@dataclass(frozen=True)
class Approximate:
    """What the first stage did."""

    neighbors: int  # of each item
    groups: int  # of items
    probed: int  # groups that are looked into for each item
    n_proposed: int  # pairs, which were decided exactly
    recall: Recall

    def __str__(self) -> str:
        """One line for reports."""
        return (
            f"FAISS, inverted file · {self.neighbors:,} nearest neighbors of each item, from {self.probed:,} of "
            f"{self.groups:,} groups"
        )

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "neighbors": self.neighbors,
            "groups": self.groups,
            "probed": self.probed,
            "proposed": self.n_proposed,
            "recall": self.recall.as_json(),
        }


def mined_approximately(
    vectors: PairVectors, bounds: Thresholds, neighbors: int, seed: int, precision: str, progress: Progress
) -> tuple[Stripe, Approximate]:
    """The pairs among those that are proposed, and what share of all that are alike to the target was proposed.

    Raises:
        UsageError: FAISS is not installed; there are too many pairs.
    """
    n, least = len(vectors.items), min(bounds.target, bounds.same)
    progress("grouping the items", 0, 0)
    proposed = propose(
        vectors.target,
        neighbors,
        least,
        seed=seed,
        progress=lambda done, of: progress("looking for neighbors", done, of),
    )
    progress("deciding the proposed pairs", 0, 0)
    found = mine_proposed(proposed, vectors.target, vectors.reference, bounds)
    progress("measuring the recall", 0, 0)
    screen = Screen(vectors.target, precision, vectors.device)
    drawn, one, other = drawn_neighbors(vectors.target, bounds.target, screen, seed=seed)
    recall = recall_of(len(drawn), one, among(proposed, one, other, n))
    return found, Approximate(neighbors, *n_groups(n), len(proposed[0]), recall)
