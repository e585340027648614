"""Failure modes: regions of edits where the target fails more than on unedited items, by more than chance.

Shapes: ``P`` points, ``M`` pairs of item and point, ``T`` tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from failscape.analysis.class_cells import Cells, ClassRegion, class_regions, class_tests
from failscape.analysis.landscape import Landscape, distinct_pairs
from failscape.analysis.multiple import benjamini_hochberg, exceeds, simes
from failscape.analysis.naming import region_name
from failscape.analysis.regions import Posterior, find_regions, neighbours, posterior
from failscape.analysis.statistics import clustered_rate, wilson
from failscape.errors import UsageError

LEVEL = 0.05  # false discovery rate
MAX_WORST = 3  # classes named as the worst of a mode
OF_FEW = 0.2  # a mode is its worst classes' own where the others have less than this share of its excess


@dataclass(frozen=True)
class Mode:
    """A region of edits where the target fails more than on unedited items.

    Rates are of a uniform edit within the region; intervals are of 95 % and count items, not probes. The region was
    chosen where its probes failed, so ``rate`` flatters it; what was measured on held-out items does not.
    """

    points: np.ndarray  # (M,) rows of the grid
    classes: tuple[int, ...]  # true classes that fail there; all where empty
    name: str
    rate: float
    low: float
    high: float
    baseline: float  # failure rate on unedited items, of these classes
    p_value: float  # of a rate no higher than the baseline, all probes of the region together
    q_value: float  # chance at most that a run without failure modes would show a region as striking
    share: float  # of all failures that a uniform edit would cause, in [0, 1]
    worst_classes: tuple[str, ...]  # fail more than the rest of the mode, the worst first, at most three
    n_probes: int  # different pairs of item and point
    confirmed: bool | None = None  # whether held-out items agree; None where they were not asked, or cannot say
    held_out_rate: float | None = None
    held_out_low: float | None = None
    held_out_high: float | None = None
    held_out_p: float | None = None  # of no more failures than unedited, adjusted for the number of modes
    n_held_out: int = 0  # probes of held-out items
    note: str = ""  # why it is not confirmed


def find_modes(
    landscape: Landscape, probes: pd.DataFrame, items: pd.DataFrame, class_names: Sequence[str] = ()
) -> list[Mode]:
    """The failure modes of a run, worst first.

    Every visited point is tested against the unedited items, and every class around every point against the class's
    own unedited items and the other classes there (:mod:`failscape.analysis.class_cells`); Benjamini and Hochberg's
    procedure at a false discovery rate of 5 % says which stand out, with half of the level for either kind. From these,
    regions are made (:mod:`failscape.analysis.regions`), and those kept that would come up anywhere on the grid in at
    most 5 % of runs without failure modes (:func:`failscape.analysis.multiple.simes`).

    Args:
        landscape: of the run.
        probes: columns ``item, point, failed, severity, propensity``.
        items: columns ``reference, predicted, held_out``, a row per item.
        class_names: names of the classes; their indices where omitted.

    Raises:
        UsageError: no unedited item was explored, so that there is nothing to compare with.
    """
    if not landscape.n_baseline:
        raise UsageError("failure modes are measured against unedited items, and this run has explored none")
    evidence = _evidence(landscape, probes, items, class_names)
    tests = _test(evidence)
    regions = find_regions(tests.standing, evidence.rates, landscape.baseline, evidence.beside)
    general = [_mode(evidence, points, (), simes(tests.p[points], tests.n)) for points in regions]
    general = [mode for mode in general if mode.q_value <= LEVEL]
    # A region where only a few classes fail is theirs, if the classes' own tests find it.
    of_few = [_is_of_few(evidence, mode.points, tests.n_points) for mode in general]
    taken = np.zeros(landscape.space.n_points, bool)
    for mode, few in zip(general, of_few, strict=True):
        taken[mode.points] |= not few
    found = class_regions(landscape.space, evidence.pairs, tests.cells, tests.standing_cells, taken, evidence.beside)
    of_classes = [_class_mode(evidence, tests, region) for region in found]
    # A cell beside a region that is drawn already stands out by the region's probes: its own must show it too.
    own_level = LEVEL / landscape.space.n_points
    of_classes = [mode for mode in of_classes if mode.q_value <= LEVEL and mode.p_value <= own_level]
    theirs = np.concatenate([np.zeros(0, np.int64), *(mode.points for mode in of_classes)])
    kept = [m for m, few in zip(general, of_few, strict=True) if not (few and np.isin(m.points, theirs).any())]
    return sorted(kept + of_classes, key=lambda mode: mode.rate, reverse=True)


class _Evidence(NamedTuple):
    """What every step looks at."""

    landscape: Landscape
    pairs: pd.DataFrame  # item, label, point, failed, weight, and share: of its point's weight
    clean: pd.DataFrame  # label, failed: the unedited items that were explored
    rates: Posterior
    beside: np.ndarray  # (P, 2K) neighbours
    class_names: Sequence[str]


class _Tests(NamedTuple):
    """What stands out. p-values are divided by their weights."""

    p: np.ndarray  # (P,), 1 where unvisited
    standing: np.ndarray  # (P,) bool
    cells: Cells
    standing_cells: np.ndarray  # (T,) bool
    n: int  # tests of both kinds
    n_points: int  # what the points' own p-values count as, for their share of the level


def _evidence(landscape: Landscape, probes: pd.DataFrame, items: pd.DataFrame, class_names: Sequence[str]) -> _Evidence:
    pairs = distinct_pairs(probes[probes["point"] >= 0])
    reference = items["reference"].to_numpy(np.int64)
    pairs = pairs.assign(
        label=reference[pairs["item"].to_numpy(np.int64)],
        share=pairs["weight"] / pairs.groupby("point")["weight"].transform("sum"),
    )
    explored = items[~items["held_out"].to_numpy(bool)]
    wrong = (explored["predicted"] != explored["reference"]).astype(float)
    clean = pd.DataFrame({"label": explored["reference"], "failed": wrong})
    failures, trials = _counts(landscape)
    rates = posterior(failures, trials, landscape.table["smoothed"].to_numpy(float))
    return _Evidence(landscape, pairs, clean, rates, neighbours(landscape.space), class_names)


def _counts(landscape: Landscape) -> tuple[np.ndarray, np.ndarray]:
    """Effective failures and trials of every point: ``(P,), (P,)``."""
    trials = landscape.table["trials"].to_numpy(float)
    return np.nan_to_num(landscape.table["rate"].to_numpy(float)) * trials, trials


def _test(evidence: _Evidence) -> _Tests:
    """Points and cells of classes tested together, at half of the level each."""
    landscape = evidence.landscape
    failures, trials = _counts(landscape)
    visited = np.flatnonzero(trials >= 1)
    n_baseline = np.array(landscape.n_baseline)
    p_points = exceeds(failures[visited], trials[visited], landscape.baseline * n_baseline, n_baseline)
    cells = class_tests(evidence.pairs, evidence.clean, evidence.beside)
    n, kinds = len(visited) + len(cells.p), (1 + (len(cells.p) > 0))
    weights = np.concatenate([np.full(len(part), n / (kinds * max(1, len(part)))) for part in (visited, cells.p)])
    p = np.minimum(np.concatenate([p_points, cells.p]) / weights, 1)
    standing, _ = benjamini_hochberg(p, LEVEL)
    everywhere, stands = np.ones(len(trials)), np.zeros(len(trials), bool)
    everywhere[visited], stands[visited] = p[: len(visited)], standing[: len(visited)]
    return _Tests(
        everywhere, stands, cells._replace(p=p[len(visited) :]), standing[len(visited) :], n, kinds * len(visited)
    )


def _class_mode(evidence: _Evidence, tests: _Tests, region: ClassRegion) -> Mode:
    its = np.isin(tests.cells.point, region.points) & np.isin(tests.cells.label, region.classes)
    return _mode(evidence, region.points, region.classes, simes(tests.cells.p[its], tests.n))


def _mode(evidence: _Evidence, points: np.ndarray, classes: tuple[int, ...], q_value: float) -> Mode:
    space, pairs, clean = evidence.landscape.space, _at(evidence.pairs, points), evidence.clean
    if classes:
        pairs, clean = (frame[frame["label"].isin(classes)] for frame in (pairs, clean))
    rate, trials = _rate(pairs)
    low, high = wilson(np.array([rate * trials]), np.array([trials]))
    worst = () if classes else tuple(_class_name(evidence, c) for c in _worst(pairs)[:MAX_WORST])
    return Mode(
        points=points,
        classes=classes,
        name=region_name(space, points, [_class_name(evidence, c) for c in classes], worst),
        rate=rate,
        low=float(low[0]),
        high=float(high[0]),
        baseline=float(clean["failed"].mean()) if len(clean) else float("nan"),
        p_value=_exceeds(pairs, clean),
        q_value=q_value,
        share=_failing(pairs) / max(_failing(evidence.pairs), 1e-12),
        worst_classes=worst,
        n_probes=len(pairs),
    )


def _failing(pairs: pd.DataFrame) -> float:
    return float((pairs["share"] * pairs["failed"]).sum())


def _at(pairs: pd.DataFrame, points: np.ndarray) -> pd.DataFrame:
    return pairs[pairs["point"].isin(points)]


def _rate(pairs: pd.DataFrame) -> tuple[float, float]:
    columns = (pairs[column].to_numpy() for column in ("item", "failed", "share"))
    return clustered_rate(*columns)


def _exceeds(pairs: pd.DataFrame, clean: pd.DataFrame) -> float:
    """p-value of pairs failing no more than unedited items."""
    rate, trials = _rate(pairs)
    counts = (np.array([count]) for count in (rate * trials, trials, clean["failed"].sum(), len(clean)))
    return float(exceeds(*counts)[0]) if len(pairs) else 1.0


def _worst(pairs: pd.DataFrame) -> list[int]:
    """Classes that fail more than the rest of a region, by more than chance, the worst first."""
    labels = np.unique(pairs["label"][pairs["failed"] > 0])
    counted = []
    for label in labels.tolist():
        own = pairs["label"] == label
        (rate, trials), (rest, n_rest) = _rate(pairs[own]), _rate(pairs[~own])
        counted.append([rate, trials, np.nan_to_num(rest) * n_rest, n_rest])
    table = np.array(counted).reshape(-1, 4)
    significant, _ = benjamini_hochberg(exceeds(table[:, 0] * table[:, 1], *table[:, 1:].T), LEVEL)
    order = np.argsort(-table[:, 0], kind="stable")
    return [int(labels[i]) for i in order if significant[i]]


def _is_of_few(evidence: _Evidence, points: np.ndarray, n_points: int) -> bool:
    """Whether a region would not stand out without its worst classes, or the one that fails there most often.

    The others are tested point by point as the whole was: the region was picked where they, too, had bad luck.
    """
    pairs = _at(evidence.pairs, points)
    few = _worst(pairs) or [int(pairs["label"][pairs["failed"] > 0].mode()[0])]
    others, clean = (frame[~frame["label"].isin(few)] for frame in (pairs, evidence.clean))
    if not len(others):
        return True
    counted = [_rate(at_point) for _, at_point in others.groupby("point")]
    rates, trials = np.array(counted).T
    p = exceeds(rates * trials, trials, np.array(clean["failed"].sum()), np.array(len(clean)))
    baseline = evidence.landscape.baseline
    weak = _rate(others)[0] - baseline < OF_FEW * (_rate(pairs)[0] - baseline)
    return weak or simes(p, n_points) > LEVEL


def _class_name(evidence: _Evidence, label: int) -> str:
    names = evidence.class_names
    return names[label] if label < len(names) else str(label)
