"""Cases: what a person is asked to rate. A failure mode with a few failures of one kind in it.

Shapes: ``B`` failures, ``D`` features of an item, ``F`` features of a case.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

import numpy as np
import pandas as pd

from failscape.concepts import ConceptSpace
from failscape.records.probe_arrays import points_of

PER_CASE = 3  # failures that are shown together
PER_MODE = 12  # cases of a mode


@dataclass(frozen=True)
class Case:
    """Failures of one mode that are shown and rated together: one true class, taken for one other."""

    key: str  # the same for the same mode and probes, in every session
    mode: str  # name of the mode
    probes: tuple[int, ...]  # numbers of the probes that are shown
    features: np.ndarray  # (F,) the mean of those of its failures


class Features:
    """What a reward model is told of a failure.

    Parts, each with a mean squared length of about one, so that none is louder for being longer: the item, its true
    class, the class it was taken for, and where the edit lies on the grid.

    Args:
        items: features ``(N, D)`` of the unedited items.
        classes: features ``(C, E)`` of the classes; zeros for classes that no item shows.
        group: true classes of the items, ``(N,)``.
        space: the grid.
        answers: features ``(A, G)`` of what may be answered; those of the classes when omitted.
    """

    def __init__(
        self,
        items: np.ndarray,
        classes: np.ndarray,
        group: np.ndarray,
        space: ConceptSpace,
        answers: np.ndarray | None = None,
    ) -> None:
        self.items, self.classes = _unit(items), _unit(classes)
        self.answers = self.classes if answers is None else _unit(answers)
        self.group, self.space = group, space
        # The level of a group axis is the true class again.
        widths = [len(c.levels) if c.categorical else 1 for c in space.concepts]
        self._edits = np.repeat([not c.selects for c in space.concepts], widths)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Columns of each part; their sum is ``F``."""
        return self.items.shape[1], self.classes.shape[1], self.answers.shape[1], int(self._edits.sum())

    def __call__(self, items: np.ndarray, points: np.ndarray, predicted: np.ndarray) -> np.ndarray:
        """Failures as ``(B,), (B, K), (B,) -> (B, F)`` float64: item, point, and what was answered."""
        where = self.edits(points) / np.sqrt(max(1, len(self.space.shape)))
        of_classes = self.classes[self.group[items]], self.answers[predicted]
        return np.concatenate([self.items[items], *of_classes, where], axis=1).astype(np.float64)

    def edits(self, points: np.ndarray) -> np.ndarray:
        """Where the edits of points ``(B, K)`` lie, a column in [-1, 1] for each concept."""
        return self.space.coordinates(points)[:, self._edits]


def _unit(table: np.ndarray) -> np.ndarray:
    """Scaled so that rows have a mean squared length of one."""
    length = np.sqrt((table.astype(float) ** 2).sum(axis=1).mean()) if table.size else 0.0
    return table / length if length > 0 else table.astype(float)


def make_cases(mode: str, failures: pd.DataFrame, features: Features) -> list[Case]:
    """The cases of one mode, the commonest kind of failure first, then the others in turn, at most ``PER_MODE``.

    Args:
        mode: its name.
        failures: of the mode, the best to show first: columns ``item, levels, group, predicted``; the index is the
            number of the probe.
        features: of failures.
    """
    kinds = [list(rows.index) for _, rows in failures.groupby(["group", "predicted"], sort=False)]
    kinds.sort(key=len, reverse=True)
    groups = [kind[start : start + PER_CASE] for kind in kinds for start in range(0, len(kind), PER_CASE)]
    turn = [start for kind in kinds for start in range(0, len(kind), PER_CASE)]
    ranked = [groups[i] for i in np.argsort(turn, kind="stable")[:PER_MODE]]
    return [_case(mode, failures.loc[numbers], features) for numbers in ranked]


def _case(mode: str, rows: pd.DataFrame, features: Features) -> Case:
    probes = tuple(int(number) for number in rows.index)
    told = features(rows["item"].to_numpy(np.int64), points_of(rows), rows["predicted"].to_numpy(np.int64))
    return Case(case_key(mode, probes), mode, probes, told.mean(axis=0))


def case_key(mode: str, probes: tuple[int, ...]) -> str:
    """Twelve letters that name a case for good."""
    return hashlib.sha256(json.dumps([mode, probes]).encode()).hexdigest()[:12]
