"""Failure modes on trial: the rate of each on held-out items, beside them unedited and beside the rest of the grid.

Shapes: ``M`` points of a mode, ``N`` probes or units.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from failscape.analysis.modes.mode import Mode
from failscape.analysis.modes.order import in_order
from failscape.analysis.modes.rule import satisfied
from failscape.analysis.statistics.multiple_testing import LEVEL, exceeds_paired, holm
from failscape.analysis.statistics.rates import cluster_interval, clustered_rate, difference_p
from failscape.analysis.statistics.units import Unit
from failscape.envs.mdp import ConceptMDP

N_ITEMS = 400  # held-out items of a mode: a rate of one half is then known to 5 points
MAX_USES = 3  # probes of one held-out item for one mode, where there are fewer items
MIN_ITEMS = 6  # with fewer, not even failures of all would be significant at 5 %
BATCH = 256
MANY = 65536  # items that are looked up at once


class Confirmation(NamedTuple):
    """Modes with their held-out figures, in the order in which they are told, and what they cost."""

    modes: list[Mode]
    n_queries: int


class _Trial(NamedTuple):
    """What held-out items say of one mode."""

    own: pd.DataFrame  # units that satisfy its rule
    rest: pd.DataFrame  # units that it is compared with


def confirm_modes(mdp: ConceptMDP, modes: Sequence[Mode], seed: int, n: int = N_ITEMS) -> Confirmation:
    """Measure each mode on held-out items: it is confirmed where they fail more than unedited, and than elsewhere.

    Held-out items of the mode's groups are edited at random points of the mode, one point each; where there are fewer
    than ``n``, each at up to three points. As many are edited at random points of the grid; those that satisfy no
    mode's rule are *elsewhere*. An exact one-sided McNemar test compares the first probe of every item with the item
    unedited, and a score test with items as clusters compares the mode, without what others with a larger share of the
    failures hold of it, with elsewhere. Both must hold, and Holm's procedure keeps the chance of any false confirmation
    at 5 %. Where items lie at points, all that are held out are used, and elsewhere is the only comparison.

    Args:
        mdp: target, grid and items.
        modes: to confirm.
        seed: of the choice of items and points.
        n: held-out items of a mode, at most.

    Returns:
        The confirmed modes, then the others, each by falling share of the failures, which is corrected for the rate.
    """
    if not modes:
        return Confirmation([], 0)
    n_queries, trials = _edited_trials(mdp, modes, seed, n) if mdp.has_unedited else _lying_trials(mdp, modes)
    tests = [_p_value(mdp, modes, rank, trial) for rank, trial in enumerate(trials)]
    tested = [rank for rank, p in enumerate(tests) if p is not None]
    adjusted = dict(zip(tested, holm(np.array([tests[rank] for rank in tested], float)), strict=True))
    judged = [
        _judged(mdp, mode, trial, adjusted.get(rank))
        for rank, (mode, trial) in enumerate(zip(modes, trials, strict=True))
    ]
    return Confirmation(in_order(judged), n_queries)


def _lying_trials(mdp: ConceptMDP, modes: Sequence[Mode]) -> tuple[int, list[_Trial]]:
    """Held-out items where they lie; all of them, for there is nothing to draw."""
    units = held_out_units(mdp)
    return int(units["n"].sum()), [_Trial(_inside(mode, units), _rest(mode, modes, units)) for mode in modes]


def held_out_units(mdp: ConceptMDP) -> pd.DataFrame:
    """Held-out items at their points, judged by units as :class:`~failscape.analysis.statistics.units.Unit` is."""
    layout = mdp.items.layout
    assert layout is not None
    items, points = mdp.pairs(np.flatnonzero(mdp.items.held_out))
    asked = {"item": items, "point": points, "failed": _ask(mdp, items, points, MANY)}
    probes = pd.DataFrame({**asked, "severity": 0.0, "propensity": np.nan})
    units = Unit(layout.cluster, layout.unit, layout.point).complete(probes)
    return units.assign(label=mdp.items.group[units["item"].to_numpy(np.int64)], share=1.0)


def _edited_trials(mdp: ConceptMDP, modes: Sequence[Mode], seed: int, n: int) -> tuple[int, list[_Trial]]:
    rng = np.random.default_rng(seed)
    everywhere = _edit(mdp, np.flatnonzero(mdp.space.exists), (), rng, n)
    own = [_edit(mdp, mode.points, mode.classes, rng, n) for mode in modes]
    trials = [_Trial(units, _rest(mode, modes, everywhere)) for mode, units in zip(modes, own, strict=True)]
    return len(everywhere) + sum(map(len, own)), trials


def _edit(
    mdp: ConceptMDP, points: np.ndarray, classes: tuple[int, ...], rng: np.random.Generator, n: int
) -> pd.DataFrame:
    """Held-out items of ``classes``, all where empty, at random ones of ``points (M,)``: a unit each; different first.

    Where points choose groups, each counts alike; else groups count as they come. Copies are
    not asked, nor items at points at which no answer is right.
    """
    usable = mdp.items.held_out & mdp.items.distinct
    if classes:
        usable &= np.isin(mdp.items.group, classes)
    axis, groups = mdp.space.group_axis, mdp.items.group
    chosen = None
    if axis is not None:
        chosen = mdp.space.concepts[axis].levels[mdp.space.point(points)[:, axis]].astype(np.int64)
        usable &= np.isin(groups, chosen)
    pool = np.flatnonzero(usable)
    items = np.concatenate([rng.permutation(pool) for _ in range(MAX_USES)])
    draws = rng.random(len(items))
    at = points[(draws * len(points)).astype(np.int64)]
    if chosen is not None:
        for group in np.unique(groups[items]):
            of_group, its = groups[items] == group, points[chosen == group]
            at[of_group] = its[(draws[of_group] * len(its)).astype(np.int64)]
    units = pd.DataFrame({"item": items, "cluster": items, "point": at, "label": groups[items], "share": 1.0})
    units = units[mdp.valid(mdp.space.point(at), items)].drop_duplicates(["item", "point"]).head(n)
    if chosen is not None:
        units["share"] = 1 / units.groupby("label")["item"].transform("size")
    return units.assign(failed=_ask(mdp, units["item"].to_numpy(), units["point"].to_numpy())).dropna(subset="failed")


def _ask(mdp: ConceptMDP, items: np.ndarray, points: np.ndarray, batch: int = BATCH) -> np.ndarray:
    """Whether items fail at points, rows of the grid: ``(N,), (N,) -> (N,)`` float, NaN where there is no verdict."""
    items, levels = np.asarray(items, np.int64), mdp.space.point(np.asarray(points, np.int64))
    parts = [slice(start, start + batch) for start in range(0, len(items), batch)]
    asked = [mdp.evaluate(mdp.at(items[part], levels[part])) for part in parts]
    failed = [np.where(np.isnan(outcome.severity), np.nan, outcome.failed) for outcome in asked]
    return np.concatenate([np.zeros(0), *failed])


def _inside(mode: Mode, units: pd.DataFrame) -> pd.DataFrame:
    return units[satisfied(mode.points, mode.classes, units["point"].to_numpy(), units["label"].to_numpy())]


def _rest(mode: Mode, modes: Sequence[Mode], units: pd.DataFrame) -> pd.DataFrame:
    """Units elsewhere: those that satisfy no rule, or not this one where the rules leave too few."""
    outside = units.drop(_inside(mode, units).index)
    free = outside
    for other in modes:
        free = free.drop(_inside(other, free).index)
    return free if free["cluster"].nunique() >= MIN_ITEMS else outside


def _p_value(mdp: ConceptMDP, modes: Sequence[Mode], rank: int, trial: _Trial) -> float | None:
    """Of failing no more than unedited or elsewhere; None where too few items were asked to say so."""
    own = trial.own
    for larger in modes[:rank]:
        beyond = own.drop(_inside(larger, own).index)
        own = beyond if beyond["cluster"].nunique() >= MIN_ITEMS else own
    if own["cluster"].nunique() < MIN_ITEMS:
        return None
    both = pd.concat([own, trial.rest])
    clusters, failed, share = (both[name].to_numpy() for name in ("cluster", "failed", "share"))
    p = difference_p(clusters, failed, share, np.arange(len(both)) < len(own))
    if not mdp.has_unedited:
        return p
    first = trial.own.drop_duplicates("item")
    edited, unedited = first["failed"].to_numpy() > 0, mdp.baseline.failed[first["item"].to_numpy()]
    return max(p, exceeds_paired(int((edited & ~unedited).sum()), int((unedited & ~edited).sum())))


def _judged(mdp: ConceptMDP, mode: Mode, trial: _Trial, p_value: float | None) -> Mode:
    own, rest = trial.own, trial.rest
    n_items = int(own["cluster"].nunique())
    asked = replace(mode, n_items=n_items, n_probes=len(own))
    if p_value is None:
        return replace(
            asked, note=f"{n_items} held-out items are too few to confirm it: at least {MIN_ITEMS} are needed"
        )
    clusters, failed, share = (own[name].to_numpy() for name in ("cluster", "failed", "share"))
    rate, _ = clustered_rate(clusters, failed, share)
    low, high = cluster_interval(clusters, failed, share)
    first = own.drop_duplicates("item")
    unedited = mdp.baseline.failed[first["item"].to_numpy()].astype(float) if mdp.has_unedited else None
    against = "elsewhere" if unedited is None else "unedited and elsewhere"
    return replace(
        asked,
        share=_share(mode, rate),
        confirmed=bool(p_value <= LEVEL),
        rate=rate,
        low=low,
        high=high,
        unedited=None if unedited is None else float(np.average(unedited, weights=first["share"])),
        elsewhere=float(np.average(rest["failed"], weights=rest["share"])) if len(rest) else None,
        p_value=float(p_value),
        note="" if p_value <= LEVEL else f"{n_items} held-out items did not fail clearly more than {against}",
    )


def _share(mode: Mode, rate: float) -> float:
    """Its share of all failures, were its rate that of the held-out items."""
    if mode.seen_rate <= 0:
        return mode.share
    mass = mode.share / mode.seen_rate  # how much of the grid it is, over the failure rate of the grid
    return mass * rate / (1 - mode.share + mass * rate) if rate > 0 else 0.0
