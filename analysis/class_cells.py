"""Where only some true classes fail: every class tested around every point, and boxes drawn around what stands out.

A class has few probes at a point, so its tests pool each point with its neighbours, and its regions are boxes: the
outline of anything finer would be luck.

Shapes: ``P`` points, ``K`` concepts, ``M`` pairs of item and point, ``T`` cells.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import xlogy

from failscape.analysis.boxes import climb, inside, within
from failscape.analysis.multiple import exceeds
from failscape.analysis.regions import components, grown, prior_strength
from failscape.concepts import ConceptSpace

MIN_TRIALS = 3  # items of a class around a point, for a test
MAX_SEEDS = 8  # cells that a box is grown from
SAME = 0.5  # overlap (Jaccard) from which two classes share a region


class Cells(NamedTuple):
    """Tests of a class around a point: ``(T,)`` each."""

    label: np.ndarray
    point: np.ndarray
    p: np.ndarray


class ClassRegion(NamedTuple):
    """Points ``(M,)`` where only ``classes`` fail."""

    points: np.ndarray
    classes: tuple[int, ...]


def class_tests(pairs: pd.DataFrame, clean: pd.DataFrame, beside: np.ndarray) -> Cells:
    """One-sided p-values of a class failing more around a point than unedited, *and* more than the others there.

    Both must be shown, so the larger p-value counts (Berger 1982, intersection-union). Items are counted, not probes;
    what is known of all classes unedited steadies what is known of one.

    Args:
        pairs: columns ``item, label, point, failed, weight``.
        clean: columns ``label, failed``, of the unedited items.
        beside: neighbours of each point, ``(P, 2K)``, -1 for none.
    """
    pooled = _pooled(pairs, beside)
    cell = pooled.groupby(["label", "point"], sort=True)[["weight", "failing", "square"]].sum().reset_index()
    whole = cell.groupby("point")[["weight", "failing", "square"]].transform("sum")
    others = (whole - cell[["weight", "failing", "square"]]).clip(lower=0)
    (k, n), (k_others, n_others) = _effective(cell), _effective(others)
    some = (n >= MIN_TRIALS) & (n_others >= MIN_TRIALS)
    label = cell["label"].to_numpy(np.int64)
    clean_k, clean_n = _steadied(clean, int(label.max(initial=0)) + 1)
    against_clean = exceeds(k[some], n[some], clean_k[label[some]], clean_n[label[some]])
    against_others = exceeds(k[some], n[some], k_others[some], n_others[some])
    point = cell["point"].to_numpy(np.int64)
    return Cells(label[some], point[some], np.maximum(against_clean, against_others))


def _pooled(pairs: pd.DataFrame, beside: np.ndarray) -> pd.DataFrame:
    """A row per item and point that it was probed at or beside: ``label, point, weight, failing, square``."""
    points = pairs["point"].to_numpy(np.int64)
    around = np.concatenate([points[:, None], beside[points]], axis=1)
    row, column = np.nonzero(around >= 0)
    weight, failed = pairs["weight"].to_numpy(float), pairs["failed"].to_numpy(float)
    columns = {
        "item": pairs["item"].to_numpy(np.int64)[row],
        "label": pairs["label"].to_numpy(np.int64)[row],
        "point": around[row, column],
        "weight": weight[row],
        "failing": (weight * failed)[row],
    }
    summed = pd.DataFrame(columns).groupby(["item", "label", "point"], sort=True).sum().reset_index()
    return summed.assign(square=summed["weight"] ** 2)


def _effective(sums: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Effective failures and trials (Kish) of weighted sums."""
    weight, square = sums["weight"].to_numpy(float), sums["square"].to_numpy(float)
    some = (weight > 1e-12) & (square > 1e-12)
    n = np.divide(weight**2, square, out=np.zeros(len(sums)), where=some)
    rate = np.divide(sums["failing"].to_numpy(float), weight, out=np.zeros(len(sums)), where=some)
    return rate * n, n


def _steadied(clean: pd.DataFrame, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Failures and trials of each class unedited, with as many of the average class as classes are alike."""
    label, failed = clean["label"].to_numpy(np.int64), clean["failed"].to_numpy(float)
    n_classes = max(n_classes, int(label.max(initial=0)) + 1)
    k, n = np.bincount(label, failed, n_classes), np.bincount(label, minlength=n_classes).astype(float)
    mean = float(np.clip(failed.mean(), 1e-3, 1 - 1e-3))
    strength = prior_strength(k, n, np.full(n_classes, mean))
    return k + strength * failed.mean(), n + strength


def class_regions(
    space: ConceptSpace,
    pairs: pd.DataFrame,
    cells: Cells,
    significant: np.ndarray,
    taken: np.ndarray,
    beside: np.ndarray,
) -> list[ClassRegion]:
    """Boxes where classes fail, among the ``significant (T,)`` cells, outside of the points ``taken (P,) bool``.

    A box is the one that explains the class's failures best: highest likelihood ratio of one rate inside and another
    outside against one rate everywhere (Kulldorff 1997), climbed to from the most significant cells.
    """
    found: list[ClassRegion] = []
    for label in np.unique(cells.label[significant]).tolist():
        of_class = significant & (cells.label == label)
        p = np.ones(space.n_points)
        p[cells.point[of_class]] = cells.p[of_class]
        for points in _boxes(space, pairs, (label,), p, taken, beside):
            found = _with(found, ClassRegion(points, (label,)), space, pairs, taken)
    # Regions that several classes share were climbed to anew, and two of them may have reached the same box.
    different = {(region.classes, region.points.tobytes()): region for region in found}
    return list(different.values())


def _boxes(
    space: ConceptSpace,
    pairs: pd.DataFrame,
    classes: tuple[int, ...],
    p: np.ndarray,
    taken: np.ndarray,
    beside: np.ndarray,
) -> list[np.ndarray]:
    """Disjoint boxes of one class, from its significant cells: those with ``p (P,)`` below 1."""
    free = ~taken
    found: list[np.ndarray] = []
    while True:
        parts = components((p < 1) & free, beside)
        if not parts:
            return found
        part = min(parts, key=lambda points: p[points].min())
        seeds = part[np.argsort(p[part], kind="stable")[:MAX_SEEDS]]
        points = _best_box(space, pairs, classes, seeds, free)
        found.append(points)
        used = np.zeros(space.n_points, bool)
        used[np.concatenate([points, seeds])] = True
        free = free & ~grown(used, beside)


def _best_box(
    space: ConceptSpace, pairs: pd.DataFrame, classes: tuple[int, ...], seeds: np.ndarray, free: np.ndarray
) -> np.ndarray:
    """Free points of the likeliest box that a climb from any of ``seeds`` finds."""
    rows = pairs[pairs["label"].isin(classes) & free[pairs["point"].to_numpy(np.int64)]]
    points = rows["point"].to_numpy(np.int64)
    trials = np.bincount(points, minlength=space.n_points).reshape(space.shape)
    failures = np.bincount(points, rows["failed"].to_numpy(float), space.n_points).reshape(space.shape)
    k, n = float(failures.sum()), float(trials.sum())

    def likelihood(box: np.ndarray) -> float:
        k_in, n_in = float(failures[within(box)].sum()), float(trials[within(box)].sum())
        if k_in * (n - n_in) <= (k - k_in) * n_in:
            return 0.0
        return _log_likelihood(k_in, n_in) + _log_likelihood(k - k_in, n - n_in) - _log_likelihood(k, n)

    starts = [np.stack([level, level], axis=1) for level in space.point(seeds)]
    box, _ = max((climb(start, space.shape, likelihood) for start in starts), key=lambda climbed: climbed[1])
    return np.flatnonzero(inside(box, space.shape) & free)


def _log_likelihood(k: float, n: float) -> float:
    """Of ``k`` failures among ``n``, at their own rate."""
    return float(xlogy(k, k / n) + xlogy(n - k, 1 - k / n)) if n > 0 else 0.0


def _with(
    found: list[ClassRegion], region: ClassRegion, space: ConceptSpace, pairs: pd.DataFrame, taken: np.ndarray
) -> list[ClassRegion]:
    """``found`` and one more; classes that share a region are one finding."""
    for i, other in enumerate(found):
        both = len(np.intersect1d(other.points, region.points))
        if both >= SAME * len(np.union1d(other.points, region.points)):
            classes = (*other.classes, *region.classes)
            points = _best_box(space, pairs, classes, np.union1d(other.points, region.points)[:MAX_SEEDS], ~taken)
            return [*found[:i], ClassRegion(points, classes), *found[i + 1 :]]
    return [*found, region]
