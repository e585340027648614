"""The search of modes where no axis has an order: conjunctions over slots, and over groups where these speak.

Shapes: ``P`` points, ``G`` groups, ``C`` cells, each a group at a point.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from failscape.analysis.modes.conjunctions import conjunctions
from failscape.analysis.modes.evidence import Evidence, counts_of
from failscape.analysis.statistics.multiple_testing import LEVEL, benjamini_hochberg, exceeds, simes


class Conjunction(NamedTuple):
    """Where a conjunction holds."""

    points: np.ndarray  # (M,) rows of the grid
    classes: tuple[int, ...]  # empty for all
    q_value: float


def cells_speak(evidence: Evidence) -> bool:
    """Whether a typical group has probes enough at a typical point to be found, were it to fail midway to always.

    As points must speak for themselves; after Tarone (1990).
    """
    _, trials = _cell_counts(evidence)
    m, baseline = np.array(evidence.landscape.n_baseline), evidence.landscape.baseline
    n = np.median(trials)
    p = exceeds(np.array((1 + baseline) / 2 * n), np.array(n), baseline * m, m)
    return bool(p[0] <= LEVEL / len(trials))


def cell_conjunctions(evidence: Evidence) -> list[Conjunction]:
    """Conjunctions of groups and levels, from cells that are each tested against the unedited items.

    Benjamini and Hochberg's procedure says which cells stand out; conjunctions cover them, and those are kept that
    would come up anywhere in at most 5 % of runs without failure modes (Simes).
    """
    labels, space = evidence.labels, evidence.landscape.space
    failures, trials = _cell_counts(evidence)
    visited = np.flatnonzero(trials >= 1)
    n_baseline = np.array(evidence.landscape.n_baseline)
    p, stands = np.ones(len(trials)), np.zeros(len(trials), bool)
    p[visited] = exceeds(failures[visited], trials[visited], evidence.landscape.baseline * n_baseline, n_baseline)
    stands[visited], _ = benjamini_hochberg(p[visited], LEVEL)
    exists = np.tile(space.exists, (len(labels), 1))
    if evidence.valid is not None:
        exists &= evidence.valid[:, labels].T
    found = []
    for cells in conjunctions((len(labels), *space.shape), exists.ravel(), stands):
        group, point = np.divmod(cells, space.n_points)
        own = np.unique(group)
        classes = () if len(own) == len(labels) else tuple(labels[g] for g in own.tolist())
        found.append(Conjunction(np.unique(point), classes, simes(p[cells], len(visited))))
    return [one for one in found if one.q_value <= LEVEL]


def _cell_counts(evidence: Evidence) -> tuple[np.ndarray, np.ndarray]:
    """Effective failures and trials of every cell, ``(C,), (C,)``; group by group."""
    n_points, place = evidence.landscape.space.n_points, {label: g for g, label in enumerate(evidence.labels)}
    group = evidence.pairs["label"].map(place)
    return counts_of(evidence.pairs.assign(point=group * n_points + evidence.pairs["point"]), len(place) * n_points)
