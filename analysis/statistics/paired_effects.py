"""What became of a target between two versions of it: the same items, edited alike, shown to both.

Shapes: ``M`` pairs of item and edit, ``P`` points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from failscape.analysis.statistics.multiple_testing import exceeds_paired

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
    n: int  # pairs

    @property
    def relative(self) -> float:
        """Share of the failures that went, negative where they became more; NaN where nothing failed before."""
        return 1 - self.after / self.before if self.before > 0 else float("nan")

    @property
    def harmful(self) -> bool:
        """Whether it became worse by more than two points beyond its interval."""
        return self.low > WORSE


def effect(what: str, before: np.ndarray, after: np.ndarray) -> Effect:
    """The effect on paired outcomes, one pair per item: ``(M,) bool, (M,) bool``."""
    gained, lost = int((after & ~before).sum()), int((before & ~after).sum())
    low, high = paired_interval(gained, lost, len(before))
    return Effect(
        what,
        before=float(before.mean()) if len(before) else float("nan"),
        after=float(after.mean()) if len(after) else float("nan"),
        change=(gained - lost) / len(before) if len(before) else float("nan"),
        low=low,
        high=high,
        p_value=min(1.0, 2 * min(exceeds_paired(gained, lost), exceeds_paired(lost, gained))),
        n=len(before),
    )


def paired_interval(gained: int, lost: int, n: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Interval of the difference of two rates on the same ``n`` items, of which ``gained`` and ``lost`` changed sides.

    The adjusted Wald interval of Bonett and Price (2012, equation 6): one is added to either count.
    """
    if not n:
        return -1.0, 1.0
    up, down = (gained + 1) / (n + 2), (lost + 1) / (n + 2)
    half = norm.ppf(0.5 + confidence / 2) * np.sqrt((up + down - (up - down) ** 2) / (n + 2))
    return max(-1.0, float(up - down - half)), min(1.0, float(up - down + half))


def effects_by(what: pd.Series, before: np.ndarray, after: np.ndarray) -> list[Effect]:
    """The effect within each group of pairs, in the groups' order: ``(M,) x 3``. In a group an item counts once."""
    groups = what.to_numpy()
    return [effect(str(name), before[groups == name], after[groups == name]) for name in what.unique()]
