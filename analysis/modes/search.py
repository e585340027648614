"""Failure modes: regions of the grid where the target fails more than on unedited items, by more than chance.

Where there are no unedited items, because each lies at one point, they fail more than the rest of the grid.

Shapes: ``P`` points, ``M`` pairs of item and point, ``T`` tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.modes.box_scan import scan
from failscape.analysis.modes.conjunctions import conjunctions, is_unordered
from failscape.analysis.modes.evidence import (
    Evidence,
    at,
    counts,
    counts_of,
    exceeds_clean,
    gather,
    rate_of,
    worst_classes,
)
from failscape.analysis.modes.group_regions import class_regions
from failscape.analysis.modes.mode import Mode
from failscape.analysis.modes.regions import SHOULDER, find_regions
from failscape.analysis.modes.rest_regions import rest_regions
from failscape.analysis.modes.rule import rule_of, satisfied
from failscape.analysis.modes.rule_name import rule_name
from failscape.analysis.modes.unordered_search import cell_conjunctions, cells_speak
from failscape.analysis.statistics.multiple_testing import LEVEL, benjamini_hochberg, exceeds, simes
from failscape.analysis.statistics.shrinkage import posterior
from failscape.errors import UsageError

OF_FEW = 0.2  # a mode is its worst classes' own where the others have less than this share of its excess


def find_modes(
    landscape: Landscape,
    probes: pd.DataFrame,
    items: pd.DataFrame,
    class_names: Sequence[str] = (),
    noun: str = "class",
    valid: np.ndarray | None = None,
) -> list[Mode]:
    """The failure modes of a run by falling share of the failures, each the rule closest to a region that stands out.

    Where points have probes enough to speak for themselves, each is tested against the unedited items, Benjamini and
    Hochberg's procedure at a false discovery rate of 5 % says which stand out, and from these, regions are made
    (:mod:`failscape.analysis.modes.regions`); those are kept that would come up anywhere on the grid in at most 5 % of
    runs without failure modes (:func:`failscape.analysis.statistics.multiple_testing.simes`). Where they have too few,
    boxes of points are tested instead, to the same standard (:mod:`failscape.analysis.modes.box_scan`). So is every
    class against its own unedited items and the other classes (:mod:`failscape.analysis.modes.group_regions`). Half of
    the level is for either kind. Where no axis has an order, what stands out is covered by conjunctions of levels
    (:mod:`failscape.analysis.modes.conjunctions`), of classes, too, where each has probes enough at each point. Where
    items lie at points and none is unedited, boxes are tested against the rest of the grid
    (:mod:`failscape.analysis.modes.rest_regions`).

    Args:
        landscape: of the run.
        probes: columns ``item, point, failed, severity, propensity``.
        items: columns ``group, predicted, held_out``, a row per item.
        class_names: names of the classes, or of whatever else items are grouped by; their indices where omitted.
        noun: what a class is called in names of modes: ``topic``.
        valid: which classes have a right answer at which points, ``(P, C)`` bool; all where omitted.

    Raises:
        UsageError: no unedited item was explored, so that there is nothing to compare with.
    """
    if landscape.population is not None:
        evidence = gather(landscape, probes, items, class_names, noun, valid)
        found = [_mode(evidence, region.points, (), region.q_value) for region in rest_regions(evidence)]
        return _different(found, int(landscape.space.exists.sum()))
    if not landscape.has_unedited:
        raise UsageError("failure modes are measured against unedited items, and this run has explored none")
    evidence = gather(landscape, probes, items, class_names, noun, valid)
    n_kinds = 1 + (len(evidence.labels) > 1)
    if is_unordered(landscape.space):
        if cells_speak(evidence):
            modes = [_mode(evidence, *found) for found in cell_conjunctions(evidence)]
            return _different(modes, int(landscape.space.exists.sum()))
        if points_speak(landscape, n_kinds):
            return _different(_conjoined(evidence, n_kinds), int(landscape.space.exists.sum()))
    regions = (_standing if points_speak(landscape, n_kinds) else _scanned)(evidence, n_kinds)
    # A region where only a few classes fail is theirs, if the classes' own tests find it.
    of_few = [_is_of_few(evidence, region, n_kinds) for region in regions]
    taken = ~landscape.space.exists
    for region, few in zip(regions, of_few, strict=True):
        taken[region.points] |= not few
    of_classes = class_regions(evidence, taken, n_kinds) if n_kinds > 1 else []
    theirs = np.concatenate([np.zeros(0, np.int64), *(region.points for region in of_classes)])
    kept = [r for r, few in zip(regions, of_few, strict=True) if not (few and np.isin(r.points, theirs).any())]
    modes = [_mode(evidence, region.points, (), region.q_value) for region in kept]
    modes += [_mode(evidence, *region) for region in of_classes]
    return _different(modes, int(landscape.space.exists.sum()))


class _Region(NamedTuple):
    """Where all classes fail."""

    points: np.ndarray  # (M,)
    q_value: float
    share: float | None  # of the test level, where the region was tested whole


def points_speak(landscape: Landscape, n_kinds: int) -> bool:
    """Whether a typical point has probes enough to be found by its own, were it to fail midway from baseline to always.

    After Tarone (1990): a test that could not have shown what is looked for is not worth its share of the level.
    """
    _, trials = counts(landscape)
    n, m = np.median(trials), np.array(landscape.n_baseline)
    midway = (1 + landscape.baseline) / 2
    p = exceeds(np.array(midway * n), np.array(n), landscape.baseline * m, m)
    return bool(p[0] <= LEVEL / (n_kinds * len(trials)))


def _conjoined(evidence: Evidence, n_kinds: int) -> list[Mode]:
    """Where no axis has an order: regions of classes, and conjunctions that cover what stands out without them.

    A class that fails makes all points look bad at which it is asked, so its own come first; and what all classes share
    hides what is a class's own, so classes are looked at again without it. Each of these shares the level.
    """
    space, n_kinds = evidence.landscape.space, n_kinds + (n_kinds > 1)
    of_classes = class_regions(evidence, ~space.exists, n_kinds) if n_kinds > 1 else []
    theirs = np.zeros(len(evidence.pairs), bool)
    for region in of_classes:
        at_points, of_class = evidence.pairs["point"].isin(region.points), evidence.pairs["label"].isin(region.classes)
        theirs |= (at_points & of_class).to_numpy()
    rest = evidence._replace(pairs=evidence.pairs[~theirs])
    failures, trials = counts_of(rest.pairs, space.n_points)
    p, stands = _tested(evidence, failures, trials, n_kinds)
    n_visited = int((trials >= 1).sum())
    regions = [
        _Region(r, simes(p[r], n_kinds * n_visited), None) for r in conjunctions(space.shape, space.exists, stands)
    ]
    regions = [r for r in regions if r.q_value <= LEVEL and not _is_of_few(rest, r, n_kinds)]
    taken = ~space.exists
    taken[np.concatenate([np.zeros(0, np.int64), *(region.points for region in regions)])] = True
    again = class_regions(evidence, taken, n_kinds) if n_kinds > 1 and regions else []
    modes = [_mode(evidence, region.points, (), region.q_value) for region in regions]
    return modes + [_mode(evidence, *region) for region in (*of_classes, *again)]


def _tested(
    evidence: Evidence, failures: np.ndarray, trials: np.ndarray, n_kinds: int
) -> tuple[np.ndarray, np.ndarray]:
    """Of points tested alone against the unedited items, p-values and which stand out: ``(P,), (P,)``."""
    visited = np.flatnonzero(trials >= 1)
    landscape, n_baseline = evidence.landscape, np.array(evidence.landscape.n_baseline)
    p, stands = np.ones(len(trials)), np.zeros(len(trials), bool)
    p[visited] = exceeds(failures[visited], trials[visited], landscape.baseline * n_baseline, n_baseline)
    stands[visited], _ = benjamini_hochberg(p[visited], LEVEL / n_kinds)
    return p, stands


def _standing(evidence: Evidence, n_kinds: int) -> list[_Region]:
    """Regions made from points that stand out, each tested alone."""
    landscape = evidence.landscape
    failures, trials = counts(landscape)
    p, stands = _tested(evidence, failures, trials, n_kinds)
    n_visited = int((trials >= 1).sum())
    rates = posterior(failures, trials, landscape.table["smoothed"].to_numpy(float))
    regions = find_regions(stands, rates, landscape.baseline, evidence.neighbours)
    tested = [_Region(points, simes(p[points], n_kinds * n_visited), None) for points in regions]
    return [region for region in tested if region.q_value <= LEVEL]


def _scanned(evidence: Evidence, n_kinds: int) -> list[_Region]:
    """Boxes that stand out from the rest of the grid, and the rest where it fails like them."""
    landscape = evidence.landscape
    free = landscape.space.exists
    found: list[_Region] = []
    highest = 0.0
    for points, share in scan(landscape.space, *counts(landscape), free, evidence.neighbours):
        pairs = at(evidence.pairs, points)
        q_value = min(1.0, n_kinds * exceeds_clean(pairs, evidence.clean) / share)
        excess = rate_of(pairs)[0] - landscape.baseline
        if q_value <= LEVEL and excess >= SHOULDER * highest:
            found.append(_Region(points, q_value, share))
            highest = max(highest, excess)
    return found


def _is_of_few(evidence: Evidence, region: _Region, n_kinds: int) -> bool:
    """Whether a region would not stand out without its worst classes, or the one that fails there most often.

    The others are tested as the whole was, point by point or together: it was picked where they, too, had bad luck.
    """
    pairs = at(evidence.pairs, region.points)
    few = worst_classes(pairs) or [int(pairs["label"][pairs["failed"] > 0].mode()[0])]
    others, clean = (frame[~frame["label"].isin(few)] for frame in (pairs, evidence.clean))
    if not len(others):
        return True
    baseline = evidence.landscape.baseline
    if rate_of(others)[0] - baseline < OF_FEW * (rate_of(pairs)[0] - baseline):
        return True
    if region.share is not None:
        return n_kinds * exceeds_clean(others, clean) / region.share > LEVEL
    p = np.array([exceeds_clean(at_point, clean) for _, at_point in others.groupby("point")])
    n_visited = evidence.pairs["point"].nunique()
    return simes(p, n_kinds * n_visited) > LEVEL


def _mode(evidence: Evidence, region: np.ndarray, classes: tuple[int, ...], q_value: float) -> Mode:
    """The rule closest to a region, told whole: its members are exactly the cells that satisfy it."""
    space, pairs = evidence.landscape.space, evidence.pairs
    valid = evidence.valid_points(classes)
    rule = rule_of(space, region, valid)
    points = rule.points(space)
    points = points if valid is None else points[valid[points]]
    inside = pairs[satisfied(points, classes, pairs["point"].to_numpy(), pairs["label"].to_numpy())]
    failing = inside["share"] * inside["failed"]
    return Mode(
        points=points,
        classes=classes,
        name=rule_name(space, rule, [evidence.class_name(c) for c in classes], evidence.noun),
        share=float(failing.sum()) / max(float((pairs["share"] * pairs["failed"]).sum()), 1e-12),
        seen_rate=rate_of(inside)[0],
        n_seen=len(inside),
        q_value=q_value,
        severity=float(np.average(inside["severity"], weights=failing)) if failing.sum() > 0 else 0.0,
    )


def _different(modes: Sequence[Mode], n_points: int) -> list[Mode]:
    """Modes by falling share, without those whose rule another, told before, holds whole; nor all of the grid.

    That any edit makes it worse is told by the failure rates of unedited and edited items, and is no rule.
    """
    kept: list[Mode] = []
    for mode in sorted(modes, key=lambda mode: mode.share, reverse=True):
        everywhere = not mode.classes and len(mode.points) == n_points
        if not everywhere and not any(_within(mode, other) for other in kept):
            kept.append(mode)
    return kept


def _within(mode: Mode, other: Mode) -> bool:
    of_classes = not other.classes or (bool(mode.classes) and set(mode.classes) <= set(other.classes))
    return of_classes and bool(np.isin(mode.points, other.points).all())
