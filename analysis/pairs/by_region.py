"""The landscape of mined pairs: which visual pattern, or fact, differs in the blind pairs of which region.

Shapes: ``N`` items, ``M`` pairs, ``R`` regions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd


class PatternRow(NamedTuple):
    """One visual pattern, or one fact that stands for none."""

    name: str
    facts: tuple[str, ...]  # of the pattern; the fact itself
    n_pairs: int  # in which one of its facts differs
    of: tuple[int, ...]  # blind pairs of each region in which one of its facts is known of both items (R,)
    differs: tuple[int, ...]  # of them in which one differs (R,)


class ByRegion(NamedTuple):
    """Patterns by regions."""

    regions: tuple[str, ...]  # (R,)
    n_pairs: tuple[int, ...]  # blind pairs of each (R,)
    rows: list[PatternRow]

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"regions": self.regions, "pairs": self.n_pairs, "patterns": [row._asdict() for row in self.rows]}


def by_region(
    pairs: pd.DataFrame,
    facts: pd.DataFrame,
    patterns: Mapping[str, str],
    region: np.ndarray,
    names: tuple[str, ...],
) -> ByRegion:
    """How often each pattern differs in the pairs of each region; patterns in the order of their facts, most first.

    Args:
        pairs: with columns ``first`` and ``second``; a pair belongs to the region of its first item.
        facts: a categorical column for each fact, missing where it is not known ``(N, C)``.
        patterns: the visual pattern of a fact, by its name.
        region: of each item, from 0; of items in no pair it may be anything ``(N,)``.
        names: of the regions ``(R,)``.
    """
    first, second = (pairs[end].to_numpy(np.int64) for end in ("first", "second"))
    groups: dict[str, list[str]] = {}
    for fact in facts.columns:
        groups.setdefault(patterns.get(fact, fact), []).append(fact)
    where = region[first]
    rows = []
    for name, members in groups.items():
        codes = [facts[fact].cat.codes.to_numpy() for fact in members]
        known = np.any([(code[first] >= 0) & (code[second] >= 0) for code in codes], axis=0)
        apart = np.any(
            [(code[first] >= 0) & (code[second] >= 0) & (code[first] != code[second]) for code in codes], axis=0
        )
        of, differs = (np.bincount(where[chosen], minlength=len(names)).tolist() for chosen in (known, apart))
        rows.append(PatternRow(name, tuple(members), int(apart.sum()), tuple(of), tuple(differs)))
    counts = np.bincount(where, minlength=len(names)).tolist()
    return ByRegion(names, tuple(counts), sorted(rows, key=lambda row: -row.n_pairs))
