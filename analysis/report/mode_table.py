"""Failure modes as people and files meet them: plain rows, a Markdown table, examples before and after.

Shapes: ``M`` points of a mode.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from failscape.analysis.examples.base import ExampleContext
from failscape.analysis.examples.presenter import Examples
from failscape.analysis.examples.registry import examples_of
from failscape.analysis.examples.selection import ranked_failures
from failscape.analysis.grids.view import view_of
from failscape.analysis.modes.mode import UNEDITED, Mode
from failscape.common.format import interval, percent
from failscape.common.markdown import literal
from failscape.concepts import ConceptSpace

N_SHOWN = 6  # examples of a mode


@dataclass(frozen=True)
class ModeView:
    """A mode with what there is to see of it."""

    rank: int
    mode: Mode
    verdict: str  # whether held-out items agree, in words
    mildest: str  # the point of the mode with the fewest levels from unedited; empty where nothing is edited
    examples: Examples


def mode_views(
    modes: Sequence[Mode], probes: pd.DataFrame, items: pd.DataFrame, context: ExampleContext
) -> list[ModeView]:
    """Modes in the order given."""
    views = []
    for rank, mode in enumerate(modes, start=1):
        shown = examples_of(failing_probes(mode, probes, items).head(N_SHOWN), items, context)
        views.append(ModeView(rank, mode, verdict(mode), mildest(mode, context.space), shown))
    return views


def failing_probes(mode: Mode, probes: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Failing probes of the mode, one per item: first the items that are right unedited, then the most severe."""
    failing = probes[probes["failed"] & _inside(mode, probes)]
    return ranked_failures(failing, items).drop_duplicates("alike")


def modes_of(modes: Sequence[Mode], probes: pd.DataFrame) -> list[str]:
    """Name of the worst mode that holds each probe, ``none`` where none does."""
    names = np.full(len(probes), "none", object)
    for mode in sorted(modes, key=lambda mode: mode.rate):
        names[_inside(mode, probes).to_numpy()] = mode.name
    return names.tolist()


def _inside(mode: Mode, probes: pd.DataFrame) -> pd.Series:
    inside = probes["point"].isin(mode.points.tolist())
    return inside & probes["group"].isin(mode.classes) if mode.classes else inside


def mildest(mode: Mode, space: ConceptSpace) -> str:
    """The point of the mode that is the fewest levels from unedited, in words; empty where nothing is edited."""
    if not space.edits:
        return ""
    points = space.point(mode.points)
    return space.label(points[view_of(space).moved(points).argmin()])


def verdict(mode: Mode) -> str:
    """Whether held-out items agree, in words."""
    if mode.confirmed is None:
        return mode.note or "not tried on held-out items"
    if not mode.confirmed:
        return f"not confirmed: {mode.note}"
    assert mode.held_out_rate is not None
    assert mode.held_out_low is not None and mode.held_out_high is not None
    span = interval(mode.held_out_low, mode.held_out_high)
    return f"confirmed: {percent(mode.held_out_rate)} ({span}) of {mode.n_held_out} held-out probes fail"


def rating_text(mode: Mode) -> str:
    """``8.5 of 10 (n = 2)``, a dash where nobody rated it."""
    return "–" if mode.rating is None else f"{mode.rating:.1f} of 10 (n = {mode.n_ratings})"


def modes_table(modes: Sequence[Mode]) -> str:
    """The modes as a Markdown table."""
    rated = any(mode.n_ratings for mode in modes)
    undesirable = "undesirable | " if rated else ""
    against = modes[0].compared_with if modes else UNEDITED
    head = [
        f"| # | where | fails | 95 % interval | {against} | share of failures | {undesirable}held out |",
        f"|--:|:--|--:|--:|--:|--:|{'--:|' if rated else ''}:--|",
    ]
    rows = [
        f"| {rank} | {literal(m.name)} | {percent(m.rate)} | {interval(m.low, m.high)} | {percent(m.baseline)} "
        f"| {percent(m.share)} | {f'{rating_text(m)} | ' if rated else ''}{verdict(m)} |"
        for rank, m in enumerate(modes, start=1)
    ]
    return "\n".join([*head, *rows])
