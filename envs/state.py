"""What an environment knows of its episodes, what it asks, and what it is answered.

Shapes: ``B`` batch, ``M`` items of a probe, ``K`` axes of the grid, ``H`` length of a path.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class State(NamedTuple):
    """Where ``B`` episodes stand."""

    items: np.ndarray  # (B,) int64 indices into the data
    points: np.ndarray  # (B, K) int64 level indices, -1 where a concept is not applied
    steps: np.ndarray  # (B,) int64 steps taken in the episode
    score: np.ndarray  # (B,) float32 how right the target last was
    failed: np.ndarray  # (B,) bool whether the target was wrong when last asked
    history: np.ndarray  # (B, H) int64 actions taken, -1 after them; H is 0 where the point says it all
    seeds: np.ndarray  # (B,) int64 of what a stochastic target draws; 0 for the others


class Probes(NamedTuple):
    """What is asked: all that decides an outcome, with the target. Equal rows have equal outcomes."""

    items: np.ndarray  # (B, M) int64 indices into the data; M is 1, or more where a probe is of several items
    point: np.ndarray  # (B, K) int64 level indices, -1 where a concept is not applied; K may be 0
    path: np.ndarray  # (B, H) int64 edits in their order, -1 after them; H is 0 where the point says it all
    seed: np.ndarray  # (B,) int64 of what the target draws

    @property
    def keys(self) -> list[bytes]:
        """A key for each row; equal ones have equal outcomes."""
        table = np.column_stack([self.items, self.point, self.path, self.seed]).astype(np.int64)
        return [row.tobytes() for row in table]

    def rows(self, which: np.ndarray) -> Probes:
        """Some of the rows."""
        return Probes(*(column[which] for column in self))


class Outcome(NamedTuple):
    """What the target did with ``B`` edited items; the columns that the records keep."""

    reward: np.ndarray  # (B,) float32
    failed: np.ndarray  # (B,) bool
    severity: np.ndarray  # (B,) float32 in [0, 1]; NaN where there is no verdict, as of a picture that was withheld
    predicted: np.ndarray  # (B,) int64 the class it answered, or the kind of its answer
    confidence: np.ndarray  # (B,) float32 how sure it was of that answer
    score: np.ndarray  # (B,) float32 how right it was: the true class's probability, the score of a summary
    output_text: np.ndarray  # (B,) object: what was written, or where a picture is kept; else ""
    input_truncated: np.ndarray  # (B,) bool: it was too long, and the target read its beginning only
