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
from failscape.analysis.examples.selection import spread
from failscape.analysis.grids.view import view_of
from failscape.analysis.modes.conjunctions import is_unordered
from failscape.analysis.modes.mode import Mode
from failscape.analysis.report.people import doubt, looked_at
from failscape.common.format import counted, interval, percent
from failscape.common.markdown import literal
from failscape.concepts import ConceptSpace

N_SHOWN = 6  # examples of a mode


@dataclass(frozen=True)
class ModeView:
    """A mode with what there is to see of it."""

    rank: int
    mode: Mode
    verdict: str  # what the figures rest on, in words
    mildest: str  # the edited point with the fewest levels from unedited; empty where nothing is edited
    examples: Examples
    people: str  # what they said of right answers, in words; empty where nobody was asked
    doubt: str  # what they would no longer call the items; empty where they did not say so

    @property
    def can_be_asked(self) -> bool:
        """Whether people can say of its items if the right answer still is."""
        return any(self.examples[i : i + 1].question() for i in range(len(self.examples)))


def mode_views(
    modes: Sequence[Mode], probes: pd.DataFrame, items: pd.DataFrame, context: ExampleContext
) -> list[ModeView]:
    """Modes in the order given."""
    views = []
    for rank, mode in enumerate(modes, start=1):
        shown = examples_of(failing_probes(mode, probes, items, context.space).head(N_SHOWN), items, context)
        said = looked_at(mode, context.nouns.plain_items), doubt(mode, context)
        views.append(ModeView(rank, mode, verdict(mode), mildest(mode, context.space), shown, *said))
    return views


def failing_probes(mode: Mode, probes: pd.DataFrame, items: pd.DataFrame, space: ConceptSpace) -> pd.DataFrame:
    """Failing probes that satisfy the rule, one per item, in the order in which they are shown (:func:`spread`)."""
    failing = probes[probes["failed"] & _inside(mode, probes)]
    return spread(failing, items, space)


def modes_of(modes: Sequence[Mode], probes: pd.DataFrame) -> list[str]:
    """Name of the first mode, as they are told, whose rule each probe satisfies; ``none`` where none is."""
    names = np.full(len(probes), "none", object)
    for mode in reversed(modes):
        names[_inside(mode, probes).to_numpy()] = mode.name
    return names.tolist()


def _inside(mode: Mode, probes: pd.DataFrame) -> pd.Series:
    inside = probes["point"].isin(mode.points.tolist())
    return inside & probes["group"].isin(mode.classes) if mode.classes else inside


def mildest(mode: Mode, space: ConceptSpace) -> str:
    """The point of the mode that is the fewest levels from unedited, in words; empty where nothing is edited."""
    least = least_edited(mode, space)
    return "" if least is None else space.label(least)


def least_edited(mode: Mode, space: ConceptSpace) -> np.ndarray | None:
    """The edited point ``(K,)`` of the mode with the fewest levels from unedited; None where it has none.

    None, too, where no axis has an order: no value of a slot is milder than another.
    """
    if is_unordered(space):
        return None
    points = space.point(mode.points)
    points = points[~space.unedited(points)]
    return points[view_of(space).moved(points).argmin()] if len(points) else None


def verdict(mode: Mode) -> str:
    """What the figures rest on, in words."""
    if mode.confirmed is None:
        return mode.note or "not tried on held-out items"
    if not mode.confirmed:
        return f"not confirmed: {mode.note}"
    probes = "" if mode.n_probes == mode.n_items else f", {mode.n_probes} probes"
    return f"confirmed ({mode.n_items} items{probes})"


def fails_text(mode: Mode) -> str:
    """The rate on held-out items and its 95 % interval: ``46 % (41–51)``; a dash where it was not measured."""
    if mode.rate is None or mode.low is None or mode.high is None:
        return "–"
    return f"{percent(mode.rate)} ({interval(mode.low, mode.high)})"


def beside(mode: Mode) -> list[tuple[str, float | None]]:
    """What its rate is compared with, by name."""
    return [("unedited", mode.unedited), ("elsewhere", mode.elsewhere)]


def other_text(rate: float | None) -> str:
    """A rate to compare with, a dash where there is none."""
    return "–" if rate is None else percent(rate)


def rating_text(mode: Mode, scale: str = " of 10") -> str:
    """``8.5 of 10 (n = 2)``, a dash where nobody rated it; without the ``scale`` where a head says it."""
    return "–" if mode.rating is None else f"{mode.rating:.1f}{scale} (n = {mode.n_ratings})"


def mode_cells(modes: Sequence[Mode]) -> tuple[list[str], list[list[str]]]:
    """The modes as a screen shows them: heads of columns, and the cells of each mode, its rule first."""
    rated = any(mode.n_ratings for mode in modes)
    unedited = any(mode.unedited is not None for mode in modes)
    heads = ["rule", "fails (95 %)", *(["unedited"] if unedited else []), "elsewhere", "share", "items"]
    rows = [
        [
            mode.name,
            fails_text(mode),
            *([other_text(mode.unedited)] if unedited else []),
            other_text(mode.elsewhere),
            percent(mode.share),
            str(mode.n_items) if mode.confirmed else f"{mode.n_items}, not confirmed",
            *([rating_text(mode, scale="")] if rated else []),
        ]
        for mode in modes
    ]
    return [*heads, *(["rated of 10"] if rated else [])], rows


def found_text(modes: Sequence[Mode]) -> str:
    """How many there are and what their rates are of: ``5 failure modes, 4 confirmed; rates are of ...``."""
    if not modes:
        return "no failure mode stands out by more than chance"
    n_confirmed = sum(bool(mode.confirmed) for mode in modes)
    unseen = "rates are of held-out items, which had no part in the search"
    return f"{counted(len(modes), 'failure mode')}, {n_confirmed} confirmed; {unseen}"


def modes_table(modes: Sequence[Mode]) -> str:
    """The modes as a Markdown table."""
    rated = any(mode.n_ratings for mode in modes)
    undesirable = "undesirable | " if rated else ""
    has_unedited = any(mode.unedited is not None for mode in modes)
    head = [
        f"| # | rule | fails, held out (95 %) | {'unedited | ' if has_unedited else ''}elsewhere | share of failures "
        f"| {undesirable}held-out items |",
        f"|--:|:--|--:|{'--:|' if has_unedited else ''}--:|--:|{'--:|' if rated else ''}:--|",
    ]
    rows = [
        f"| {rank} | {literal(m.name)} | {fails_text(m)} | {f'{other_text(m.unedited)} | ' if has_unedited else ''}"
        f"{other_text(m.elsewhere)} | {percent(m.share)} | {f'{rating_text(m)} | ' if rated else ''}{verdict(m)} |"
        for rank, m in enumerate(modes, start=1)
    ]
    return "\n".join([*head, *rows])
