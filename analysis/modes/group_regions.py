"""Where only some true classes fail: the grid scanned for each class alone.

A class has few probes at a point, so its regions are boxes, tested whole.

Shapes: ``P`` points, ``M`` points of a region, ``C`` classes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from failscape.analysis.modes.box_scan import Candidate, log_ratio, scan
from failscape.analysis.modes.evidence import Evidence, at, counts_of, p_value, rate_of
from failscape.analysis.statistics.multiple_testing import LEVEL
from failscape.analysis.statistics.shrinkage import prior_strength

SAME = 0.5  # overlap (Jaccard) from which two classes share a region


class ClassRegion(NamedTuple):
    """Points ``(M,)`` where only ``classes`` fail."""

    points: np.ndarray
    classes: tuple[int, ...]
    q_value: float  # chance at most that a run without failure modes would show any as striking


def class_regions(evidence: Evidence, taken: np.ndarray, n_kinds: int) -> list[ClassRegion]:
    """Regions where classes fail more than unedited, *and* more than the others there, by more than chance.

    Both must be shown, so the larger p-value counts (Berger 1982, intersection-union). It is divided by the box's share
    of the level (:mod:`failscape.analysis.modes.box_scan`), which the classes, and the kinds of tests, split evenly.

    Args:
        evidence: of the run.
        taken: points of modes of all classes, ``(P,)`` bool; left out.
        n_kinds: kinds of tests that share the level.
    """
    failures, trials = _steadied(evidence.clean, max(evidence.labels, default=-1) + 1)
    found: list[ClassRegion] = []
    for label in evidence.labels:
        counted = _counts(evidence, (label,))
        for candidate in scan(evidence.landscape.space, *counted, ~taken, evidence.neighbours):
            p = _p_value(evidence, label, candidate, failures[label], trials[label])
            q_value = min(1.0, p * n_kinds * len(evidence.labels) / candidate.share)
            if q_value <= LEVEL:
                found = _with(found, ClassRegion(candidate.points, (label,), q_value), evidence, ~taken)
    return found


def _counts(evidence: Evidence, classes: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Effective failures and trials of classes at every point: ``(P,), (P,)``."""
    pairs = evidence.pairs[evidence.pairs["label"].isin(classes)]
    return counts_of(pairs, evidence.landscape.space.n_points)


def _p_value(evidence: Evidence, label: int, candidate: Candidate, failures: float, trials: float) -> float:
    pairs = at(evidence.pairs, candidate.points)
    own = pairs["label"] == label
    rate, n_others = rate_of(pairs[~own])
    return max(p_value(pairs[own], failures, trials), p_value(pairs[own], np.nan_to_num(rate) * n_others, n_others))


def _steadied(clean: pd.DataFrame, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Failures and trials of each class unedited, with as many of the average class as classes are alike: ``(C,)``."""
    label, failed = clean["label"].to_numpy(np.int64), clean["failed"].to_numpy(float)
    n_classes = max(n_classes, int(label.max(initial=0)) + 1)
    k, n = np.bincount(label, failed, n_classes), np.bincount(label, minlength=n_classes).astype(float)
    mean = float(np.clip(failed.mean(), 1e-3, 1 - 1e-3))
    strength = prior_strength(k, n, np.full(n_classes, mean))
    return k + strength * failed.mean(), n + strength


def _with(found: list[ClassRegion], region: ClassRegion, evidence: Evidence, free: np.ndarray) -> list[ClassRegion]:
    """``found`` and one more; classes that share a region are one finding, in the likelier of their two boxes."""
    for i, other in enumerate(found):
        both = len(np.intersect1d(other.points, region.points))
        if both >= SAME * len(np.union1d(other.points, region.points)):
            classes = (*other.classes, *region.classes)
            failures, trials = (count * free for count in _counts(evidence, classes))

            def ratio(points: np.ndarray, k: np.ndarray = failures, n: np.ndarray = trials) -> float:
                return float(log_ratio(k[points].sum(), n[points].sum(), k.sum(), n.sum()))

            points = max(other.points, region.points, key=ratio)
            merged = ClassRegion(points, classes, max(other.q_value, region.q_value))
            return [*found[:i], merged, *found[i + 1 :]]
    return [*found, region]
