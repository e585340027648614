"""What the report says in words and numbers, from plain data.

Shapes: ``P`` points.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import numpy as np
import pandas as pd

from failscape.analysis.examples.presenter import Examples
from failscape.analysis.grids.view import view_of
from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.landscape.left_out import left_out
from failscape.analysis.landscape.marginals import Level
from failscape.analysis.landscape.minimal_edits import Smallest
from failscape.analysis.landscape.rate_table import RateTable
from failscape.analysis.modes.confirmation import N_ITEMS
from failscape.analysis.modes.mode import Mode
from failscape.analysis.plots.discovery import Discovery
from failscape.analysis.report.mode_table import fails_text, other_text
from failscape.analysis.statistics.rates import wilson
from failscape.common.format import count, interval, percent

N_WORST = 10  # points in the table
ROUNDING = 1e-9
N_SHOWN = 6  # examples of a point
N_LISTED = 12  # points never visited that are named


@dataclass(frozen=True)
class WorstPoint:
    """A row of the table of worst points, and its examples."""

    rank: int
    label: str
    rate: float  # smoothed
    low: float  # its 95 % interval
    high: float
    alone: float  # rate from this point's probes only
    alone_low: float
    alone_high: float
    visits: int
    failures: int
    examples: Examples


def headline(landscape: Landscape, target: str, modes: Sequence[Mode] = (), item_noun: str = "items") -> str:
    """The report in one sentence; ``item_noun`` is what a person calls the items."""
    if not landscape.n_probes:
        return f"Nothing of {target} has been tried yet."
    if landscape.population is not None:
        return _counted_headline(landscape, target, modes, item_noun)
    unedited = "" if np.isnan(landscape.baseline) else f"{_unedited(landscape, item_noun)} and "
    if not landscape.table["failures"].sum():
        return f"{target} fails on {unedited}none of {count(landscape.n_probes)} edited ones that were tried."
    fails = f"{target} fails on {unedited}{percent(landscape.failure_rate)} of edited ones"
    confirmed = [mode for mode in modes if mode.confirmed]
    if not confirmed:
        none = "no failure mode stands out" if not modes else "held-out items confirm none of the failure modes found"
        return f"{fails}; {none}."
    first, n = confirmed[0], len(confirmed)
    several = "Its confirmed failure mode is" if n == 1 else f"The first of its {n} confirmed failure modes is"
    return (
        f"{fails}. {several} {first.name}: {fails_text(first)} of held-out {item_noun} fail there, "
        f"{percent(first.share)} of the failures of a uniform edit."
    )


def wide_note(modes: Sequence[Mode], items: pd.DataFrame, item_noun: str) -> str:
    """What to do about intervals of modes that are wider than 5 points either way; empty where none is."""
    wide = [m for m in modes if m.low is not None and m.high is not None and m.high - m.low > 0.1 + ROUNDING]
    if not wide or all(mode.n_items >= N_ITEMS for mode in wide):
        return ""
    n = int(items["held_out"].sum())
    return (
        f"{count(n)} {item_noun} are held out. Intervals narrower than 5 points either way need about {N_ITEMS} that "
        "satisfy the rule: hold out a larger share with --held-out 0.5, or bring more data."
    )


def _counted_headline(landscape: Landscape, target: str, modes: Sequence[Mode], item_noun: str) -> str:
    """The sentence where nothing is edited: every one of the things lies at its own point."""
    n = int(landscape.table["visits"].sum())
    read = "" if landscape.is_complete else " that were read"
    fails = f"{target} fails in {percent(landscape.failure_rate)} of {count(n)} {item_noun}{read}"
    if not modes:
        return f"{fails}; no part of the grid stands out by more than chance."
    told = [mode for mode in modes if mode.confirmed]
    if not told:
        return f"{fails}; held-out {item_noun} confirm none of the parts of the grid that stood out."
    listed = [
        f"{m.name} ({fails_text(m)} of held-out {item_noun}, {other_text(m.elsewhere)} elsewhere)" for m in told[:3]
    ]
    more = f"; and {len(told) - 3} more" if len(told) > 3 else ""
    return f"{fails}. More fail than elsewhere where {'; '.join(listed)}{more}."


def tiles(
    landscape: Landscape, curve: Discovery, whole: Level | None, smallest: Smallest | None, item_noun: str
) -> list[tuple[str, str]]:
    """The figures that a reader looks for first, as value and what it is.

    What lay on the way of walks is no sample of the grid, so that of these it is told how little breaks an item.
    """
    visited = (percent(landscape.coverage), f"of {count(landscape.space.n_points)} points visited")
    if whole is not None:
        each = f"{count(whole.n_clusters)} different items" if whole.n_clusters < whole.n else f"{count(whole.n)} items"
        known = "counted, not estimated" if landscape.is_complete else "estimated"
        return [
            (percent(whole.rate), f"of {count(whole.n)} {item_noun} fail ({known})"),
            (
                interval(whole.low, whole.high) + "\u00a0%",
                f"of other {item_noun} like these would, from {each} (95\u00a0%)",
            ),
            visited,
        ]
    low, high = baseline_interval(landscape)
    unedited = f"of unedited {item_noun} fail ({interval(low, high)}, n = {count(landscape.n_baseline)})"
    first = [(percent(landscape.baseline), unedited)] if landscape.has_unedited else []
    if smallest is not None:
        n, levels = len(smallest.table), smallest.table["levels"]
        broken = (count(n), f"of {count(smallest.n_items)} {item_noun} broken by some edit")
        return [*first, broken, *([(f"{levels.median():g} levels", "median of what breaks one")] if n else []), visited]
    estimated = f"of uniformly edited {item_noun} fail, estimated from {count(landscape.n_probes)} probes"
    return [
        *first,
        (percent(landscape.failure_rate), estimated),
        (count(int(curve.found[-1])), f"different failures found in {count(landscape.n_queries)} queries"),
        visited,
    ]


def _unedited(landscape: Landscape, item_noun: str) -> str:
    return f"{percent(landscape.baseline)} of {count(landscape.n_baseline)} unedited {item_noun}"


def baseline_interval(landscape: Landscape) -> tuple[float, float]:
    """95 % interval of the failure rate on unedited items; all of [0, 1] where it is unknown."""
    n = landscape.n_baseline
    low, high = wilson(np.array([np.nan_to_num(landscape.baseline) * n]), np.array([n]))
    return float(low[0]), float(high[0])


def worst_points(landscape: Landscape, examples: Examples) -> list[WorstPoint]:
    """The worst points that failed at all, worst first."""
    rows = landscape.worst(N_WORST)
    rows = rows[rows["failures"] > 0]
    return [
        WorstPoint(
            rank,
            label=landscape.label(point),
            rate=float(row["smoothed"]),
            low=float(row["smoothed_low"]),
            high=float(row["smoothed_high"]),
            alone=float(row["rate"]),
            alone_low=float(row["low"]),
            alone_high=float(row["high"]),
            visits=int(row["visits"]),
            failures=int(row["failures"]),
            examples=examples.at(point)[:N_SHOWN],
        )
        for rank, (point, (_, row)) in enumerate(zip(rows.index.tolist(), rows.iterrows(), strict=True), start=1)
    ]


def tried(
    landscape: Landscape, probes: pd.DataFrame, items: pd.DataFrame, budget: int | None, item_noun: str = "items"
) -> list[tuple[str, str]]:
    """What was tried, as label and value."""
    visits = landscape.table["visits"]
    explored, held_out = int((~items["held_out"]).sum()), int(items["held_out"].sum())
    kept = "kept apart to confirm failure modes" if landscape.is_complete else "held out"
    asked = "target queries" if landscape.population is None else "rows to read"
    spent = "target queries" if landscape.population is None else "rows read"
    lost = int((landscape.space.valid_share(landscape.space.grid()) == 0).sum())
    missing = len(landscape.space.missing) - lost
    empty = f"; {count(missing)} more combinations have no items" if missing else ""
    rows = [
        ("grid", f"{count(landscape.n_points)} points: {view_of(landscape.space).size}{empty}"),
        *([("left out", left_out(landscape.space))] if left_out(landscape.space) else []),
        (item_noun, f"{count(explored)} explored, {count(held_out)} {kept}"),
        ("budget", f"{count(budget)} {asked}" if budget else "not stated"),
        ("spent", f"{count(landscape.n_queries)} {spent} in {count(len(probes))} probes (repeats cost none)"),
        ("coverage", f"{percent(landscape.coverage)} of the points visited"),
    ]
    if visits.any():
        seen = visits[visits > 0]
        few, middle, many = (count(int(n)) for n in (seen.min(), seen.median(), seen.max()))
        rows.append(("probes of a visited point", f"min {few}, median {middle}, max {many}"))
    if len(probes):
        last = datetime.fromtimestamp(float(probes["time"].max()), timezone.utc)
        rows.append(("last probe", f"{last:%Y-%m-%d %H:%M} UTC"))
    return rows


def never_visited(landscape: Landscape) -> tuple[list[str], int]:
    """The first few points that were never visited, and how many more there are."""
    missed = np.flatnonzero((landscape.table["visits"].to_numpy() == 0) & landscape.space.exists)
    return [landscape.label(point) for point in missed[:N_LISTED]], max(len(missed) - N_LISTED, 0)


def search_facts(curve: Discovery, landscape: Landscape) -> list[tuple[str, str]]:
    """How well the search did, as label and value."""
    expected = f"{curve.expected[-1]:.0f} (95\u00a0%: {curve.low[-1]:.0f}–{curve.high[-1]:.0f})"
    lift = "n/a" if np.isnan(curve.lift) else f"{curve.lift:.2f} times as many"
    most = np.log2(landscape.n_points)
    entropy = "–" if np.isnan(landscape.entropy) else f"{landscape.entropy:.2f} of {most:.2f} bits"
    if landscape.is_complete:
        return [("searched", "nothing: every row was read"), ("entropy of the failures", entropy)]
    return [
        ("different failures found", count(int(curve.found[-1]))),
        ("random edits would have found", expected),
        ("found, against random", lift),
        ("entropy of the failures", entropy),
    ]


def smallest_headline(smallest: Smallest, target: str, item_noun: str = "items") -> str:
    """A walk's report in one sentence."""
    found, n = smallest.table, smallest.n_items
    if not len(found):
        return f"None of {count(n)} {item_noun} of {target} was broken by any edit that was tried."
    middle = f"{found['levels'].median():g} levels (median)"
    return (
        f"{target} breaks on {count(len(found))} of {count(n)} {item_noun} by edits of {middle}; "
        f"the likeliest that breaks one is {found['edit'].iloc[0]}."
    )


def rate_rows(rates: RateTable) -> list[dict[str, Any]]:
    """A table of edits as rows of cells: what a point's own probes say, and the strength in words."""
    rows = []
    for i, edit in enumerate(rates.rows):
        cells = [
            {
                "strength": str(rates.labels[i, j]).partition(f"{edit} ")[2] or rates.labels[i, j],
                "rate": float(rates.alone[i, j]),
                "low": float(rates.alone_low[i, j]),
                "high": float(rates.alone_high[i, j]),
                "visits": int(rates.visits[i, j]),
                "failures": int(rates.failures[i, j]),
            }
            for j in range(len(rates.columns))
        ]
        rows.append({"edit": edit, "cells": cells})
    return rows


def smallest_facts(smallest: Smallest, item_noun: str = "items") -> list[tuple[str, str]]:
    """What walks found, as label and value."""
    table = smallest.table
    rows = [
        (f"{item_noun} searched", count(smallest.n_items)),
        ("broken by some edit", f"{count(len(table))} ({percent(len(table) / max(1, smallest.n_items))})"),
    ]
    if not len(table):
        return rows
    few, middle, many = (f"{value:g}" for value in table["levels"].quantile([0.05, 0.5, 0.95]))
    shares = ", ".join(f"{name} {percent(share)}" for name, share in smallest.shares.items())
    return [
        *rows,
        ("levels moved", f"median {middle}; 90\u00a0% lie between {few} and {many}"),
        ("levels moved, by concept", shares),
        ("target queries of a broken item", f"median {table['queries'].median():g}"),
        ("log-likelihood of the edits", f"{table['log_likelihood'].mean():.2f} on average (Gaussian of one level)"),
    ]


def learner_facts(learner: Mapping[str, float | str], landscape: Landscape) -> list[tuple[str, str]]:
    """The learner's last words on itself, as label and value."""
    rows = [(name, value if isinstance(value, str) else f"{value:.4g}") for name, value in learner.items()]
    agreement = landscape.policy_agreement
    return (
        rows
        if np.isnan(agreement)
        else [*rows, ("its policy against the counted rates (Spearman)", f"{agreement:.2f}")]
    )
