"""How well found modes answer to planted regions, after SpotCheck (Plumb et al. 2023, arXiv 2207.04104).

Shapes: ``C`` cells of the grid, ``G`` regions, ``M`` modes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

PRECISION = 0.8  # of a mode that belongs to a region
RECALL = 0.8  # of a region that is covered


class Score(NamedTuple):
    """Counts, so that scores of many targets can be added up."""

    n_regions: int
    n_covered: int
    n_modes: int
    n_false: int

    @property
    def discovery_rate(self) -> float:
        """Share of the regions that are covered; NaN without regions."""
        return self.n_covered / self.n_regions if self.n_regions else float("nan")

    @property
    def false_discovery_rate(self) -> float:
        """Share of the modes that are false; 0 without modes."""
        return self.n_false / self.n_modes if self.n_modes else 0.0


def spotcheck(modes: np.ndarray, regions: np.ndarray, failing: np.ndarray) -> Score:
    """Score modes ``(M, C)`` against regions ``(G, C)``, bool.

    A mode belongs to a region that holds at least ``PRECISION`` of its cells; a region is covered where the modes that
    belong to it hold at least ``RECALL`` of its cells between them. A mode is false if it belongs to no region and is
    not among ``failing`` ``(M,)`` bool: those whose rate in an exhaustive scan of held-out items is above the baseline,
    because a real weakness that nobody planted is a finding.
    """
    belongs = overlap(modes, regions) >= PRECISION  # (M, G)
    covered = [
        bool((modes[belongs[:, g]].any(axis=0) & region).sum() >= RECALL * region.sum())
        for g, region in enumerate(regions)
    ]
    false = ~belongs.any(axis=1) & ~failing
    return Score(len(regions), sum(covered), len(modes), int(false.sum()))


def overlap(modes: np.ndarray, regions: np.ndarray) -> np.ndarray:
    """Share of each mode's cells that lie in each region: ``(M, C), (G, C) -> (M, G)``."""
    shared = modes.astype(float) @ regions.astype(float).T
    return shared / np.maximum(modes.sum(axis=1), 1)[:, None]
