"""What became of a target between two versions of it: the same items, edited alike, shown to both.

Shapes: ``M`` pairs of item and edit, ``N`` items.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import norm

from failscape.analysis.statistics.multiple_testing import exceeds_paired
from failscape.common.format import percent

CONFIDENCE = 0.95
WORSE = 0.02  # rise of a failure rate that counts as harm, where its whole interval lies above


@dataclass(frozen=True)
class Effect:
    """The change of one failure rate, on items shown to both versions."""

    what: str
    before: float
    after: float
    change: float  # after - before
    low: float  # its 95 % interval
    high: float
    p_value: float  # of no rise and no fall, two-sided
    n: int  # items

    @property
    def relative(self) -> float:
        """Share of the failures that went, negative where they became more; NaN where nothing failed before."""
        return 1 - self.after / self.before if self.before > 0 else float("nan")

    @property
    def harmful(self) -> bool:
        """Whether it became worse by more than two points beyond its interval."""
        return self.low > WORSE


class Cost(NamedTuple):
    """A rate that a mitigation made worse where it did not aim."""

    what: str  # a clause: what fails more often, or which score fell
    before: float
    after: float

    def __str__(self) -> str:
        return f"{self.what}: {percent(self.before)} → {percent(self.after)}"


def effect(what: str, before: np.ndarray, after: np.ndarray, item: np.ndarray | None = None) -> Effect:
    """The effect on paired outcomes ``(M,) bool, (M,) bool`` of items ``(M,)``, one pair each where that is omitted.

    Rates are means over items of each one's own rate, for the pairs of an item are alike.
    """
    if not len(before):
        return Effect(what, np.nan, np.nan, np.nan, -1.0, 1.0, 1.0, 0)
    pairs = pd.DataFrame({"before": before, "after": after}, dtype=float)
    each = pairs if item is None else pairs.groupby(np.asarray(item)).mean()
    changes = (each["after"] - each["before"]).to_numpy()
    gained, lost = int((changes > 0).sum()), int((changes < 0).sum())
    low, high = paired_interval(changes)
    return Effect(
        what,
        before=float(each["before"].mean()),
        after=float(each["after"].mean()),
        change=float(changes.mean()),
        low=low,
        high=high,
        p_value=min(1.0, 2 * min(exceeds_paired(gained, lost), exceeds_paired(lost, gained))),
        n=len(each),
    )


def paired_interval(changes: np.ndarray, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Interval of the mean of the items' changes, each in [-1, 1]: ``(N,) -> (low, high)``.

    The adjusted Wald interval of Bonett and Price (2012, equation 6): an item that became better and one that became
    worse are added. Theirs is of changes of -1, 0 and 1; the formula is the same where items change by shares.
    """
    n = len(changes) + 2
    mean = changes.sum() / n
    half = norm.ppf(0.5 + confidence / 2) * np.sqrt(((np.square(changes).sum() + 2) / n - mean**2) / n)
    return max(-1.0, float(mean - half)), min(1.0, float(mean + half))


def effects_by(what: pd.Series, before: np.ndarray, after: np.ndarray, item: np.ndarray) -> list[Effect]:
    """The effect within each group of pairs, in the groups' order: ``(M,) x 4``."""
    groups = what.to_numpy()
    parts = [(str(name), groups == name) for name in what.unique()]
    return [effect(name, before[own], after[own], item[own]) for name, own in parts]
