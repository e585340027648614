"""Failure modes on trial: held-out items, each compared with itself unedited, or with the rest of the grid.

Shapes: ``M`` points of a mode, ``N`` probes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from failscape.analysis.modes.evidence import at, exceeds_rest
from failscape.analysis.modes.mode import Mode
from failscape.analysis.modes.rest_regions import beyond
from failscape.analysis.statistics.multiple_testing import LEVEL, exceeds_paired, holm
from failscape.analysis.statistics.rates import clustered_rate, wilson
from failscape.analysis.statistics.units import Unit
from failscape.envs.mdp import ConceptMDP

MAX_USES = 3  # probes of one held-out item for one mode
MIN_ITEMS = 6  # with fewer, not even failures of all would be significant at 5 %
BATCH = 256
MANY = 65536  # items that are looked up at once


class Confirmation(NamedTuple):
    """Modes with their held-out figures, in the order given, and what they cost."""

    modes: list[Mode]
    n_queries: int


class _Trial(NamedTuple):
    """Probes of one mode: ``(N,)`` each."""

    items: np.ndarray
    failed: np.ndarray


def confirm_modes(mdp: ConceptMDP, modes: list[Mode], seed: int, n: int = 200) -> Confirmation:
    """Probe each mode with held-out items: a mode is confirmed where they fail more edited than unedited.

    Where items lie at points, all that are held out are asked, and a mode is confirmed where they fail more in it than
    in the rest of the grid, each without what belongs to worse modes; items are clusters.

    Each held-out item (of the mode's classes) is edited at random points of the mode, at most three times. An exact
    one-sided McNemar test compares the first probe of every item with the item unedited, so that no item counts twice;
    Holm's procedure keeps the chance of any false confirmation at 5 %. Rate and interval are of all probes.

    Args:
        mdp: target, grid and items.
        modes: to confirm.
        seed: of the choice of items and points.
        n: probes per mode, at most.
    """
    if not mdp.has_unedited:
        return _confirm_beside_rest(mdp, modes)
    rng = np.random.default_rng(seed)
    trials = [_try(mdp, mode, rng, n) for mode in modes]
    tested = [i for i, trial in enumerate(trials) if len(np.unique(trial.items)) >= MIN_ITEMS]
    adjusted = dict(zip(tested, holm(np.array([_p_value(mdp, trials[i]) for i in tested])), strict=True))
    judged = [_judged(mode, trials[i], adjusted.get(i)) for i, mode in enumerate(modes)]
    return Confirmation(judged, sum(len(trial.items) for trial in trials))


def _confirm_beside_rest(mdp: ConceptMDP, modes: list[Mode]) -> Confirmation:
    """Held-out items where they lie; all of them, for there is nothing to draw."""
    if not modes:
        return Confirmation([], 0)
    units = held_out_units(mdp)
    tests = []
    for rank, mode in enumerate(modes):
        own, rest = beyond(mode.points, [worse.points for worse in modes[:rank]], mdp.space.n_points)
        tests.append(exceeds_rest(units, own, rest) if _n_clusters(units, own) >= MIN_ITEMS else None)
    tested = [i for i, p in enumerate(tests) if p is not None]
    adjusted = dict(zip(tested, holm(np.array([tests[i] for i in tested], float)), strict=True))
    judged = [_judged_beside_rest(mode, at(units, mode.points), adjusted.get(i)) for i, mode in enumerate(modes)]
    return Confirmation(judged, int(units["n"].sum()))


def held_out_units(mdp: ConceptMDP) -> pd.DataFrame:
    """Held-out items at their points, judged by units as :class:`~failscape.analysis.statistics.units.Unit` is."""
    layout = mdp.items.layout
    assert layout is not None
    items, points = mdp.pairs(np.flatnonzero(mdp.items.held_out))
    batches = [slice(start, start + MANY) for start in range(0, len(items), MANY)]
    failed = [mdp.evaluate(mdp.at(items[batch], mdp.space.point(points[batch]))).failed for batch in batches]
    asked = {"item": items, "point": points, "failed": np.concatenate([np.zeros(0, bool), *failed])}
    probes = pd.DataFrame({**asked, "severity": 0.0, "propensity": np.nan})
    return Unit(layout.cluster, layout.unit, layout.point).complete(probes).assign(share=1.0)


def _n_clusters(units: pd.DataFrame, points: np.ndarray) -> int:
    return int(at(units, points)["cluster"].nunique())


def _judged_beside_rest(mode: Mode, units: pd.DataFrame, p_value: float | None) -> Mode:
    trial = _Trial(units["cluster"].to_numpy(np.int64), units["failed"].to_numpy() > 0)
    doubt = "held-out items did not fail clearly more there than elsewhere"
    return _judged(mode, trial, p_value, doubt)


def _try(mdp: ConceptMDP, mode: Mode, rng: np.random.Generator, n: int) -> _Trial:
    """At most ``n`` probes at random points of the mode; different items first."""
    usable = mdp.items.held_out.copy()
    if mode.classes:
        usable &= np.isin(mdp.items.group, mode.classes)
    axis = mdp.space.group_axis
    if axis is not None:  # the mode's points choose classes
        chosen = mdp.space.concepts[axis].levels[mdp.space.point(mode.points)[:, axis]]
        usable &= np.isin(mdp.items.group, chosen)
    pool = np.flatnonzero(usable)
    items = np.concatenate([rng.permutation(pool) for _ in range(MAX_USES)])[:n]
    points = mdp.space.point(mode.points[rng.integers(len(mode.points), size=len(items))])
    fits = mdp.valid(points, items)
    items, points = items[fits], points[fits]
    batches = [slice(start, start + BATCH) for start in range(0, len(items), BATCH)]
    failed = [mdp.evaluate(mdp.at(items[batch], points[batch])).failed for batch in batches]
    return _Trial(items, np.concatenate([np.zeros(0, bool), *failed]))


def _p_value(mdp: ConceptMDP, trial: _Trial) -> float:
    items, first = np.unique(trial.items, return_index=True)
    edited, unedited = trial.failed[first], mdp.baseline.failed[items]
    return exceeds_paired(int((edited & ~unedited).sum()), int((unedited & ~edited).sum()))


def _judged(
    mode: Mode,
    trial: _Trial,
    p_value: float | None,
    doubt: str = "held-out items did not fail clearly more than unedited",
) -> Mode:
    n_items = len(np.unique(trial.items))
    if p_value is None:
        return replace(mode, n_held_out=len(trial.items), note=_too_few(n_items))
    rate, trials = clustered_rate(trial.items, trial.failed.astype(float), np.ones(len(trial.items)))
    low, high = wilson(np.array([rate * trials]), np.array([trials]))
    return replace(
        mode,
        confirmed=bool(p_value <= LEVEL),
        held_out_rate=rate,
        held_out_low=float(low[0]),
        held_out_high=float(high[0]),
        held_out_p=float(p_value),
        n_held_out=len(trial.items),
        note="" if p_value <= LEVEL else f"{n_items} {doubt}",
    )


def _too_few(n_items: int) -> str:
    return f"{n_items} held-out items are too few to confirm it: at least {MIN_ITEMS} are needed"
