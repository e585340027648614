"""The landscape of mined pairs: which fact differs in the blind pairs of which region, beside all pairs there.

Shapes: ``N`` items, ``S`` sampled ones, ``M`` pairs, ``R`` regions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from failscape.analysis.pairs.differing import random_rate


class FactRow(NamedTuple):
    """One fact in each region."""

    fact: str
    pattern: str  # visual pattern of MMVP that it stands for; empty where it stands for none
    of: tuple[int, ...]  # blind pairs of each region in which the fact of both items is known (R,)
    differs: tuple[int, ...]  # of them in which it differs (R,)
    random: tuple[float, ...]  # how often it differs in all pairs of sampled items of the region, NaN for none (R,)


class ByRegion(NamedTuple):
    """Facts by regions."""

    regions: tuple[str, ...]  # (R,)
    n_pairs: tuple[int, ...]  # blind pairs of each (R,)
    rows: list[FactRow]

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"regions": self.regions, "pairs": self.n_pairs, "facts": [row._asdict() for row in self.rows]}


def by_region(
    pairs: pd.DataFrame,
    facts: pd.DataFrame,
    patterns: Mapping[str, str],
    region: np.ndarray,
    sampled: np.ndarray,
    names: tuple[str, ...],
) -> ByRegion:
    """How often each fact differs in the pairs of each region, in the order of the columns; constant ones are left out.

    Args:
        pairs: with columns ``first`` and ``second``; a pair belongs to the region of its first item.
        facts: a categorical column for each fact, missing where it is not known ``(N, C)``.
        patterns: the visual pattern of a fact, by its name.
        region: of each item, from 0; of items that are neither sampled nor first of a pair it may be anything ``(N,)``.
        sampled: items that stand for their regions ``(S,)``.
        names: of the regions ``(R,)``.
    """
    first, second = (pairs[end].to_numpy(np.int64) for end in ("first", "second"))
    where, rows = region[first], []
    for fact in facts.columns:
        code = facts[fact].cat.codes.to_numpy()
        if len(np.unique(code[code >= 0])) < 2:
            continue
        known = (code[first] >= 0) & (code[second] >= 0)
        apart = known & (code[first] != code[second])
        of, differs = (np.bincount(where[chosen], minlength=len(names)).tolist() for chosen in (known, apart))
        random = [_random(code[sampled[region[sampled] == place]]) for place in range(len(names))]
        rows.append(FactRow(fact, patterns.get(fact, ""), tuple(of), tuple(differs), tuple(random)))
    return ByRegion(names, tuple(np.bincount(where, minlength=len(names)).tolist()), rows)


def _random(codes: np.ndarray) -> float:
    known = codes[codes >= 0].astype(np.int64)
    return random_rate(known) if len(known) > 1 else float("nan")
