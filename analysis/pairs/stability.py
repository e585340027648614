"""How stable mined pairs are where the target's settings change: which of them stay, appear and vanish."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd


class Varied(NamedTuple):
    """What another setting of the target finds."""

    setting: str
    n_pairs: int
    n_kept: int  # found with both settings
    n_appeared: int
    n_vanished: int
    above: float  # threshold of the target, as a cosine

    @property
    def overlap(self) -> float:
        """Pairs found with both, as a share of those found with either (Jaccard); 1 where neither finds one."""
        either = self.n_kept + self.n_appeared + self.n_vanished
        return self.n_kept / either if either else 1.0


def varied(setting: str, before: pd.DataFrame, after: pd.DataFrame, above: float) -> Varied:
    """Compares the pairs of the same items, by columns ``first`` and ``second``."""
    one, other = (pd.MultiIndex.from_frame(pairs[["first", "second"]]) for pairs in (before, after))
    kept = len(one.intersection(other))
    return Varied(setting, len(after), kept, len(after) - kept, len(before) - kept, above)
