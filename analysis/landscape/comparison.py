"""Two landscapes of one grid, compared.

Shapes: ``P`` points, ``K`` concepts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from failscape.analysis.landscape.landscape import Landscape, rank_correlation
from failscape.analysis.landscape.minimal_edits import Smallest
from failscape.analysis.notebook import fragment, line, table
from failscape.analysis.statistics.transport import wasserstein
from failscape.common.format import percent, signed
from failscape.errors import UsageError

OF_WALKS = "walks stop at the first failure: rates per point are of what lay on their way, not of the grid"


@dataclass(frozen=True)
class Broken:
    """How little broke the items of a run that walked."""

    n_items: int  # searched
    n_broken: int  # by some edit that was tried
    median_levels: float | None  # from unedited to the failing edit of fewest levels, over broken items; None without

    @classmethod
    def of(cls, smallest: Smallest) -> Broken:
        """What the smallest failing edits of a run amount to."""
        found = smallest.summary()
        return cls(found["n_items"], found["n_broken"], found["median_levels"])


@dataclass(frozen=True, repr=False)
class Comparison:
    """How far two landscapes agree."""

    spearman: float  # rank correlation of the smoothed rates
    top_k: int
    top_k_recall: float  # share of a's worst k points that are among b's worst k
    wasserstein: float  # distance between the failure distributions on the lattice [levels]
    rate_a: float
    rate_b: float
    coverage_a: float
    coverage_b: float
    entropy_a: float  # bits
    entropy_b: float
    mean_change: float  # b - a, mean over points of the smoothed rate
    worst_change: float  # largest rise of a point's smoothed rate
    names: tuple[str, str] = ("a", "b")
    walked: bool = False  # whether either is of walks, so that it has no failure rate
    broken: tuple[Broken, Broken] | None = None  # where both searched for the smallest failing edits

    def to_frame(self) -> pd.DataFrame:
        """What it says, a row each, as text."""
        names, values = zip(*self.rows(), strict=True)
        return pd.DataFrame({" → ".join(self.names): values}, index=list(names))

    def __repr__(self) -> str:
        return self.to_frame().to_string()

    def _repr_html_(self) -> str:
        """Shown in a notebook."""
        shown = table(["what", "value"], self.rows(), left="what")
        return fragment(" → ".join(self.names), shown, *([line(OF_WALKS)] if self.walked else []))

    def rows(self) -> list[tuple[str, str]]:
        """What it says, as label and value; of walks no failure rates."""
        rates = [
            ("failure rate", f"{percent(self.rate_a)} → {percent(self.rate_b)}"),
            ("mean change over points", f"{signed(100 * self.mean_change)} points"),
            ("largest rise of a point", f"{signed(100 * self.worst_change)} points"),
        ]
        return [
            ("rank correlation (Spearman)", f"{self.spearman:.3f}"),
            (f"worst {self.top_k} points shared", percent(self.top_k_recall)),
            ("Wasserstein distance of failures", f"{self.wasserstein:.3f} levels"),
            *([] if self.walked else rates),
            *self.broken_rows(),
            ("coverage", f"{percent(self.coverage_a)} → {percent(self.coverage_b)}"),
            ("entropy of failures", f"{self.entropy_a:.2f} → {self.entropy_b:.2f} bits"),
        ]

    def broken_rows(self) -> list[tuple[str, str]]:
        """How many items either run broke and within how few levels; nothing where they did not both search for it."""
        if self.broken is None:
            return []
        items = [f"{one.n_broken:,} of {one.n_items:,}" for one in self.broken]
        levels = ["–" if one.median_levels is None else f"{one.median_levels:g}" for one in self.broken]
        return [
            ("items broken by some edit", " → ".join(items)),
            ("levels from unedited to their smallest failing edit, median", " → ".join(levels)),
        ]


def compare(
    a: Landscape, b: Landscape, top_k: int = 10, smallest: tuple[Smallest | None, Smallest | None] = (None, None)
) -> Comparison:
    """The comparison of two landscapes; ``b`` may be a scan, or the same target after a fine-tune.

    ``smallest`` are the smallest failing edits of either run, where it searched for them.

    Raises:
        UsageError: their grids differ.
    """
    if a.space.describe() != b.space.describe():
        raise UsageError(f"{a.name} and {b.name} span different grids: {a.space} and {b.space}")
    rates_a, rates_b = (land.table["smoothed"].to_numpy() for land in (a, b))
    change = (rates_b - rates_a)[a.space.exists]
    top_k = min(top_k, len(rates_a))
    worst_a, worst_b = (set(np.argsort(-rates, kind="stable")[:top_k]) for rates in (rates_a, rates_b))
    return Comparison(
        spearman=rank_correlation(rates_a, rates_b),
        top_k=top_k,
        top_k_recall=len(worst_a & worst_b) / top_k,
        wasserstein=wasserstein(rates_a, rates_b, a.space),
        rate_a=a.failure_rate,
        rate_b=b.failure_rate,
        coverage_a=a.coverage,
        coverage_b=b.coverage,
        entropy_a=a.entropy,
        entropy_b=b.entropy,
        mean_change=float(change.mean()),
        worst_change=float(change.max()),
        names=(a.name, b.name),
        walked=a.walked or b.walked,
        broken=None if smallest[0] is None or smallest[1] is None else (Broken.of(smallest[0]), Broken.of(smallest[1])),
    )
