"""By how much the map of failures moved between two versions of a target, beside how much it moves by itself.

Two runs of one target with different seeds do not draw the same map. A shift between versions means something only
beyond that **seed-null**. Where there is one run only, its items are divided into random halves instead; these maps
rest on half as many probes, so the null is wider than that of seeds, and the verdict careful.

Shapes: ``P`` points, ``K`` concepts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.statistics.transport import barycenter, centre, failure_distribution, wasserstein
from failscape.analysis.statistics.units import Unit
from failscape.concepts import ConceptSpace

HALVES = 10  # divisions of the items


@dataclass(frozen=True)
class Shift:
    """One measure of movement."""

    what: str
    unit: str
    value: float  # after - before, or a distance
    signed: bool  # whether the sign tells a direction
    null: tuple[float, ...]  # what the same measure says of two runs of one target; empty where nothing is known

    @property
    def limit(self) -> float:
        """The largest movement that the target shows by itself; NaN where nothing is known."""
        return max((abs(value) for value in self.null), default=float("nan"))

    @property
    def significant(self) -> bool:
        """Whether the target moved by more than that."""
        return bool(self.null) and abs(self.value) > self.limit

    @property
    def verdict(self) -> str:
        """Whether it is more than chance, in words."""
        return "significant" if self.significant else "within chance" if self.null else "not judged"


Pair = tuple[Landscape, Landscape]


def shifts(before: Sequence[Landscape], after: Sequence[Landscape], null: Sequence[Pair]) -> list[Shift]:
    """How failures, and what agents prefer, moved: between barycenters of the runs of either version.

    Args:
        before: a landscape per seed.
        after: likewise, on the same grid.
        null: pairs of landscapes of one target.
    """
    space = before[0].space
    mass = [barycenter(np.array([land.table["smoothed"] for land in lands]), space) for lands in (before, after)]
    masses = [[failure_distribution(land.table["smoothed"].to_numpy()) for land in pair] for pair in null]
    found = [
        Shift(
            "failures, Wasserstein distance",
            "levels",
            wasserstein(mass[0], mass[1], space),
            False,
            tuple(wasserstein(a, b, space) for a, b in masses),
        )
    ]
    moved = centre(mass[1], space) - centre(mass[0], space)
    null_moved = [centre(b, space) - centre(a, space) for a, b in masses]
    for k, concept in enumerate(space.concepts):
        if not concept.categorical:
            by_chance = tuple(float(move[k]) for move in null_moved)
            found.append(
                Shift(f"centre of the failures, {concept.name}", concept.unit, float(moved[k]), True, by_chance)
            )
    policies = [[policy(land) for land in lands] for lands in (before, after)]
    if all(p is not None for of_version in policies for p in of_version):
        means = [np.mean([p for p in of_version if p is not None], axis=0) for of_version in policies]
        both = [(policy(a), policy(b)) for a, b in null]
        by_chance = tuple(variation(a, b) for a, b in both if a is not None and b is not None)
        found.append(Shift("action probabilities, total variation", "", variation(*means), False, by_chance))
    return found


def policy(landscape: Landscape) -> np.ndarray | None:
    """The agent's mean action probabilities (softmax of its values, as FSRL draws them), ``(P,)``; None without one."""
    if "policy_mean" not in landscape.table:
        return None
    values = landscape.table["policy_mean"].to_numpy(float)
    normed: np.ndarray = values / values.sum()
    return normed


def variation(a: np.ndarray, b: np.ndarray) -> float:
    """Total variation distance of two distributions, in [0, 1]: ``(P,), (P,)``."""
    return float(np.abs(a - b).sum() / 2)


def seed_pairs(*versions: Sequence[Landscape]) -> list[Pair]:
    """Every two runs of one version."""
    return [pair for version in versions for pair in combinations(version, 2)]


def halves(probes: pd.DataFrame, items: pd.DataFrame, space: ConceptSpace, seed: int, n: int = HALVES) -> list[Pair]:
    """Landscapes of random halves of the items, ``n`` pairs; what is alike is in one half."""
    rng = np.random.default_rng((seed, 5))
    alike = Unit.of(items).first_alike(np.arange(len(items)))
    found = []
    for _ in range(n):
        first = (rng.random(len(items)) < 0.5)[alike]
        parts = [probes[side[probes["item"].to_numpy(np.int64)]] for side in (first, ~first)]
        a, b = (Landscape.from_probes(part, space, items=items) for part in parts)
        found.append((a, b))
    return found
