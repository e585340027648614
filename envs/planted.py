"""Planted failures: a good target whose answers are flipped inside regions that are drawn, so that the truth is known.

Shapes: ``B`` batch, ``K`` concepts, ``P`` points, ``N`` items.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, zip_longest
from typing import Any, NamedTuple

import numpy as np

from failscape.concepts import ConceptSpace
from failscape.concepts.chance import uniform
from failscape.envs.mdp import ConceptMDP, Outcome, State
from failscape.errors import UsageError

APART = 2  # levels between two regions, along some concept
SIDES = (2, 3)  # levels of a region along a concept, unless it takes all of them
WHOLE = 0.3  # chance that a region takes all levels of a concept
RATES = (0.5, 1.0)  # share of the items that fail inside
TRIES = 10_000


class Region(NamedTuple):
    """A box of the grid inside which a share of the items fails."""

    low: tuple[int, ...]  # (K,) first level of each concept
    high: tuple[int, ...]  # (K,) last level
    rate: float
    said: int | None = None  # the class they are taken for; any other where None

    def holds(self, points: np.ndarray) -> np.ndarray:
        """Which points ``(B, K)`` lie inside, ``(B,)`` bool."""
        inside = (points >= np.array(self.low)) & (points <= np.array(self.high))
        return np.asarray(inside.all(axis=1))

    def distance(self, other: Region, unordered: Sequence[bool] = ()) -> int:
        """Levels between two boxes along the concept that separates them most; 0 where they overlap, 1 side by side.

        Along a concept that is ``unordered``, different levels are as far apart as they need to be.
        """
        gaps = [max(a - d, b - c) for a, c, b, d in zip(self.low, self.high, other.low, other.high, strict=True)]
        gaps = [APART if far and gap > 0 else gap for gap, far in zip_longest(gaps, unordered, fillvalue=False)]
        return max(0, *gaps)


def draw_regions(space: ConceptSpace, rng: np.random.Generator, n: int) -> list[Region]:
    """``n`` boxes at least two levels apart, none of them the whole grid; one level of a concept without order.

    Raises:
        UsageError: the grid has no room for so many.
    """
    unordered = [concept.categorical for concept in space.concepts]
    for _ in range(TRIES):
        regions = [_draw(space, rng) for _ in range(n)]
        if all(one.distance(other, unordered) >= APART for one, other in combinations(regions, 2)):
            return regions
    raise UsageError(f"no room for {n} regions {APART} levels apart in {space}; plant fewer, or give more levels")


def _draw(space: ConceptSpace, rng: np.random.Generator) -> Region:
    spans = []
    for concept, n_levels in zip(space.concepts, space.shape, strict=True):
        if concept.categorical:
            level = int(rng.integers(n_levels))
            spans.append((level, level))
            continue
        side = min(int(rng.integers(SIDES[0], SIDES[1] + 1)), n_levels - 1)
        start = int(rng.integers(n_levels - side + 1))
        spans.append((0, n_levels - 1) if rng.random() < WHOLE else (start, start + side - 1))
    if all(span == (0, n - 1) for span, n in zip(spans, space.shape, strict=True)):
        return _draw(space, rng)
    low, high = zip(*spans, strict=True)
    return Region(low, high, float(rng.uniform(*RATES)))


class PlantedMDP:
    """A concept MDP whose target also fails inside ``regions``; everything else is that MDP's.

    Whether an item fails inside a region is decided once, by item, region and seed: repeated probes agree.
    """

    def __init__(self, mdp: ConceptMDP, regions: Sequence[Region], seed: int = 0) -> None:
        self.mdp, self.regions, self.seed = mdp, tuple(regions), seed

    def __getattr__(self, name: str) -> Any:
        return getattr(self.mdp, name)

    def flipped(self, items: np.ndarray, points: np.ndarray) -> np.ndarray:
        """Where answers are flipped: ``(B,), (B, K) -> (B,)`` bool."""
        flips = np.zeros(len(items), bool)
        for k in range(len(self.regions)):
            flips |= self._flipped_by(k, items, points)
        return flips

    def _flipped_by(self, k: int, items: np.ndarray, points: np.ndarray) -> np.ndarray:
        return self.regions[k].holds(points) & (uniform("planted", self.seed, k, items) < self.regions[k].rate)

    def evaluate(self, state: State) -> Outcome:
        """What the target does, and the failures that were planted."""
        outcome = self.mdp.evaluate(state)
        flips = self.flipped(state.items, state.points) & ~outcome.failed
        references = self.mdp.items.references[state.items]
        # Any other class; of the ways in which a text can be wrong, the first.
        wrong = np.ones_like(references) if self.mdp.writes else np.where(references == 0, 1, 0)
        for k, region in enumerate(self.regions):
            if region.said is not None:
                theirs = self._flipped_by(k, state.items, state.points) & (references != region.said)
                wrong = np.where(theirs, region.said, wrong)
        return Outcome(
            np.where(flips, -outcome.reward, outcome.reward).astype(np.float32),
            outcome.failed | flips,
            np.where(flips, 1 - outcome.severity, outcome.severity).astype(np.float32),
            np.where(flips, wrong, outcome.predicted),
            outcome.confidence,
            np.where(flips, 1 - outcome.truth, outcome.truth).astype(np.float32),
            np.where(flips, "", outcome.said),
            outcome.cut,
        )
