"""The power of the search: counts of many planned runs are drawn, and tested as the search tests them.

Shapes: ``D`` draws, ``U`` points near the planted box, ``B`` boxes.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.ndimage import label
from scipy.stats import poisson

from failscape.analysis.modes.box_scan import log_ratio
from failscape.analysis.planning.drawing import Drawn, draw
from failscape.analysis.planning.likeness import design_effect
from failscape.analysis.planning.near_boxes import Boxes, near_boxes
from failscape.analysis.planning.study import Sought, Study
from failscape.analysis.statistics.multiple_testing import LEVEL, exceeds, simes
from failscape.analysis.statistics.shrinkage import prior_strength

INSIDE = 0.5  # share of a mode's cells that lie in the planted region where the mode is called found
MAX_CELLS, MIN_DRAWS = 400_000, 50  # counts that are drawn, and draws of large grids
STRENGTHS = 12  # draws from which the strength of the prior over groups is taken


class Found(NamedTuple):
    """What the search finds of a planted box in each of many runs."""

    rates: np.ndarray  # (D,) true failure rate of the mode, NaN where none is found
    sizes: np.ndarray  # (D,) its points


def found(study: Study, sought: Sought, draws: int, seed: int) -> Found:
    """The mode that each of many runs finds in a planted box; of fewer than ``draws`` where the box is large."""
    rng = np.random.default_rng(seed)
    boxes = near_boxes(study.axes, sought)
    draws = min(draws, max(MIN_DRAWS, MAX_CELLS // len(boxes.planted)))
    drawn = draw(study, sought, boxes.planted, draws, rng)
    if sought.one_group:
        return _of_group(study, sought, boxes, drawn, rng)
    return _standing(study, sought, boxes, drawn) if points_speak(study) else _scanned(study, sought, boxes, drawn)


def points_speak(study: Study) -> bool:
    """Whether points are tested alone, as :func:`failscape.analysis.modes.search.points_speak` says of a run."""
    n, m = poisson.median(study.n_probes / study.n_existing), study.n_explored
    p = exceeds(np.array((1 + study.base) / 2 * n), np.array(n), np.array(study.base * m), np.array(m))
    return bool(p[0] <= LEVEL / (study.n_kinds * study.n_points))


def _standing(study: Study, sought: Sought, boxes: Boxes, drawn: Drawn) -> Found:
    """Single points against the unedited items: found where at least one planted point stands out."""
    trials, failures = (counts[:, boxes.planted] for counts in (drawn.trials, drawn.failures))
    unedited = np.broadcast_to(drawn.unedited[:, None], trials.shape)
    counts = (failures.ravel(), trials.ravel(), unedited.ravel(), np.full(trials.size, float(study.n_explored)))
    p: np.ndarray = exceeds(*counts).reshape(trials.shape)
    # Benjamini and Hochberg's procedure, where no point but planted ones stands out.
    ordered, ranks = np.sort(p, axis=1), np.arange(1, int(boxes.planted.sum()) + 1)
    n_stand = np.where(ordered * study.n_kinds * study.n_existing <= LEVEL * ranks, ranks, 0).max(axis=1)
    sides = [last - first + 1 for first, last in zip(sought.low, sought.high, strict=True)]
    sizes = np.zeros(len(p), np.int64)
    for k in np.flatnonzero(n_stand).tolist():
        sizes[k] = _largest_region(p[k].reshape(sides), float(ordered[k, n_stand[k] - 1]), study)
    told = (sizes > 0) & (sought.size < study.n_points)
    return Found(np.where(told, sought.rate, np.nan), sizes)


def _largest_region(p: np.ndarray, limit: float, study: Study) -> int:
    """Points of the largest connected region of points that stand out and that passes Simes' test; 0 where none does.

    ``p`` are p-values of the points of the planted box, in its shape.
    """
    parts, n = label(p <= limit)
    regions = [p[parts == k + 1] for k in range(n)]
    n_tests = study.n_kinds * study.n_existing
    return max((len(region) for region in regions if simes(region, n_tests) <= LEVEL), default=0)


def _likeliest(boxes: Boxes, drawn: Drawn) -> tuple[np.ndarray, np.ndarray]:
    """The best box of each draw, and whether a scan would propose it: ``(D,), (D,)`` bool."""
    holds = boxes.holds.T.astype(float)
    k_in, n_in = drawn.failures @ holds, drawn.trials @ holds
    score = log_ratio(k_in, n_in, drawn.all_failures, drawn.all_trials) + boxes.log_share
    best = score.argmax(axis=1)
    return best, score[np.arange(len(best)), best] >= math.log(1 / LEVEL)


def _scanned(study: Study, sought: Sought, boxes: Boxes, drawn: Drawn) -> Found:
    """The likeliest box against the unedited items; each of its points counts alike, however many probes it has."""
    best, proposed = _likeliest(boxes, drawn)
    visited = boxes.holds[best] & (drawn.trials > 0)
    each = np.divide(1, drawn.trials, out=np.zeros(drawn.trials.shape), where=visited)
    n_visited = np.maximum(visited.sum(axis=1), 1)
    rate = (each * drawn.failures).sum(axis=1) / n_visited
    trials = n_visited**2 / np.maximum(each.sum(axis=1), 1e-9)
    trials /= design_effect(sought.rate, study.n_probes * sought.size / study.n_existing / study.n_explored)
    p = exceeds(rate * trials, trials, drawn.unedited, np.full(len(rate), float(study.n_explored)))
    return _told(study, sought, boxes, best, proposed & _significant(study, boxes, best, p, 1))


def _significant(study: Study, boxes: Boxes, best: np.ndarray, p: np.ndarray, n_groups: int) -> np.ndarray:
    return np.asarray(study.n_kinds * n_groups * p <= LEVEL * np.exp(boxes.log_share[best]))


def _told(study: Study, sought: Sought, boxes: Boxes, best: np.ndarray, stands: np.ndarray) -> Found:
    """Modes of boxes, without those that lie mostly elsewhere, and without the whole grid, which is no rule."""
    inside, sizes = boxes.inside[best], boxes.holds[best].sum(axis=1)
    stands = stands & (inside >= INSIDE) & (sought.one_group | (sizes < study.n_points))
    return Found(np.where(stands, study.base + inside * (sought.rate - study.base), np.nan), sizes)


def _of_group(study: Study, sought: Sought, boxes: Boxes, drawn: Drawn, rng: np.random.Generator) -> Found:
    """One group in the scan of groups: against its own unedited items, steadied, and against the others there."""
    best, proposed = _likeliest(boxes, drawn)
    held = boxes.holds[best]
    own, failing = (np.where(held, counts, 0).sum(axis=1) for counts in (drawn.trials, drawn.failures))
    trials = own / design_effect(sought.rate, float(own.mean()) * study.groups / study.n_explored)
    failures = np.divide(failing, own, out=np.zeros(len(own)), where=own > 0) * trials
    against_unedited = exceeds(failures, trials, *_steadied(study, len(own), rng))
    others = 1 + rng.poisson(held.sum(axis=1) * study.n_probes / study.n_existing * (1 - 1 / study.groups))
    beside = exceeds(failures, trials, rng.binomial(others, study.base), others)
    p = np.maximum(against_unedited, beside)
    return _told(study, sought, boxes, best, proposed & _significant(study, boxes, best, p, study.groups))


def _steadied(study: Study, draws: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Unedited failures and trials of the group, with those of the average group: ``(D,), (D,)``."""
    n = max(1, round(study.n_explored / study.groups))
    counts = rng.binomial(n, study.base, (draws, study.groups)).astype(float)
    means, trials = counts.mean(axis=1) / n, np.full(study.groups, float(n))
    expected = np.clip(means, 1e-3, 1 - 1e-3)
    some = [prior_strength(counts[i], trials, np.full(study.groups, expected[i])) for i in range(min(STRENGTHS, draws))]
    strength = np.resize(some, draws)
    return counts[:, 0] + strength * means, n + strength
