"""Planted failures: a good target whose answers are flipped inside regions that are drawn, so that the truth is known.

Shapes: ``B`` batch, ``K`` concepts, ``P`` points, ``N`` items.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, zip_longest
from typing import NamedTuple

import numpy as np

from failscape.concepts import ConceptSpace
from failscape.concepts.keyed_random import uniform
from failscape.envs.evaluator import Evaluator
from failscape.envs.mdp import ConceptMDP
from failscape.envs.state import Outcome, Probes
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
    answer: int | None = None  # the class they are taken for; any other where None

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


class PlantedEvaluator:
    """Answers as another evaluator does, and fails inside ``regions``, too.

    Whether an item fails inside a region is decided once, by item, region and seed: repeated probes agree.

    Args:
        evaluator: is asked.
        right_answer: code of the right answer of each item, ``(N,)``.
        regions: where failures are planted.
        seed: of which items fail there.
    """

    def __init__(
        self, evaluator: Evaluator, right_answer: np.ndarray, regions: Sequence[Region], seed: int = 0
    ) -> None:
        self.evaluator, self.right_answer = evaluator, right_answer
        self.regions, self.seed = tuple(regions), seed

    def flipped(self, items: np.ndarray, points: np.ndarray) -> np.ndarray:
        """Where answers are flipped: ``(B,), (B, K) -> (B,)`` bool."""
        flips = np.zeros(len(items), bool)
        for k in range(len(self.regions)):
            flips |= self._flipped_by(k, items, points)
        return flips

    def _flipped_by(self, k: int, items: np.ndarray, points: np.ndarray) -> np.ndarray:
        return self.regions[k].holds(points) & (uniform("planted", self.seed, k, items) < self.regions[k].rate)

    def evaluate(self, probes: Probes) -> Outcome:
        """What the other answers, and the failures that were planted."""
        outcome, items = self.evaluator.evaluate(probes), probes.items[:, 0]
        flips = self.flipped(items, probes.point) & ~outcome.failed
        right = self.right_answer[items]
        wrong = np.where(right == 0, 1, 0)  # any other answer
        for k, region in enumerate(self.regions):
            if region.answer is not None:
                theirs = self._flipped_by(k, items, probes.point) & (right != region.answer)
                wrong = np.where(theirs, region.answer, wrong)
        return Outcome(
            np.where(flips, -outcome.reward, outcome.reward).astype(np.float32),
            outcome.failed | flips,
            np.where(flips, 1 - outcome.severity, outcome.severity).astype(np.float32),
            np.where(flips, wrong, outcome.predicted),
            outcome.confidence,
            np.where(flips, 1 - outcome.score, outcome.score).astype(np.float32),
            np.where(flips, "", outcome.output_text),
            outcome.input_truncated,
        )


def plant(mdp: ConceptMDP, regions: Sequence[Region], seed: int = 0) -> ConceptMDP:
    """The environment with failures planted inside ``regions``."""
    return mdp.with_evaluator(PlantedEvaluator(mdp.evaluator, mdp.items.batch.right_answer, regions, seed))
