"""What an audit is made from, and how it says rates to people who are not engineers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from failscape.analysis.examples.presenter import Examples
from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.landscape.marginals import Marginal
from failscape.analysis.landscape.minimal_edits import Smallest
from failscape.analysis.modes.mode import Mode
from failscape.analysis.report.mode_table import ModeView
from failscape.analysis.statistics.paired_effects import Cost, Effect
from failscape.common.nouns import PLAIN, Nouns


@dataclass(frozen=True)
class Section:
    """A part of the document: paragraphs, then a list, a table, examples, where it has them."""

    title: str
    paragraphs: Sequence[str]
    points: Sequence[str] = ()
    head: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    examples: Examples | None = None
    level: int = 2


@dataclass(frozen=True)
class MitigationEffects:
    """What a mitigation did to held-out items, by the audit's lights."""

    target: str
    targeted: Effect
    clean: Effect
    untouched: Effect
    modes: Sequence[Effect]
    harmed: Sequence[Effect]
    costs: Sequence[Cost]  # what became worse outside the targeted modes, beyond its interval
    n_points: int
    n_new: int  # answers that are wrong now, of those that had been right
    n_right: int  # answers that had been right


@dataclass(frozen=True)
class Examined:
    """What a document is made from."""

    target: str
    data: str
    date: str
    command: str
    explorer: str
    landscape: Landscape
    items: pd.DataFrame  # reference, held_out
    views: Sequence[ModeView]
    class_names: Sequence[str]
    untried: Sequence[str]  # kinds of edits that exist and were not tried, in words
    mitigation: MitigationEffects | None = None
    warnings: Sequence[str] = field(default_factory=tuple)
    nouns: Nouns = PLAIN
    alterations: Sequence[str] = ()  # what was altered and how far, a line for each edit
    marks: str = ""  # how examples are to be read
    marginals: Sequence[Marginal] = ()  # each column by itself, where items lie at points
    smallest: Smallest | None = None  # the smallest failing edits, where the run walked


def in_100(rate: float) -> str:
    """A rate as people count: ``about 23 in 100``, ``about 4 in 1,000``, ``none``."""
    if not np.isfinite(rate):
        return "an unknown share"
    if rate <= 0:
        return "none"
    if rate < 0.0095:
        return f"about {max(1, round(1000 * rate))} in 1,000" if rate >= 0.0005 else "fewer than 1 in 1,000"
    return "all" if rate >= 0.995 else f"about {round(100 * rate)} in 100"


def between(low: float, high: float) -> str:
    """An interval as people count: ``between 20 and 26 in 100``."""
    return f"between {np.floor(100 * low):.0f} and {np.ceil(100 * high):.0f} in 100"


def change(low: float, high: float | None = None) -> str:
    """A change of a rate as people count: ``33 fewer in 100``; with ``high``, ``from 46 fewer to 16 fewer``."""
    if high is not None:
        return f"from {_fewer(np.floor(100 * low))} to {_fewer(np.ceil(100 * high))}"
    n = round(100 * low) if np.isfinite(low) else low
    return "no change" if n == 0 else f"{_fewer(n)} in 100"


def _fewer(n: float) -> str:
    if not np.isfinite(n):
        return "an unknown number"
    return f"{abs(n):.0f} {'fewer' if n < 0 else 'more'}" if n else "none"


def kept_aside(mode: Mode) -> tuple[str, str]:
    """How many of what was kept aside fail, and how certain that is."""
    if mode.rate is None or mode.low is None or mode.high is None:
        return "not measured", "–"
    return in_100(mode.rate), between(mode.low, mode.high)
