"""Which facts differ between the two items of blind pairs, beside random pairs of the same items.

Shapes: ``N`` items, ``M`` pairs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from failscape.analysis.statistics.multiple_testing import LEVEL, benjamini_hochberg

MORE, LESS, LIKE = "more often", "less often", "no difference shown"


class Differing(NamedTuple):
    """How often one fact differs between the two of a pair."""

    fact: str
    n_pairs: int  # in which the fact of both is known
    rate: float  # of them in which it differs
    random: float  # the same of all pairs of items, exactly
    n_disjoint: int  # pairs that share no item, which the test is of
    p: float  # two-sided, that disjoint pairs differ as often as random ones
    pattern: str  # visual pattern of MMVP that it stands for; empty where it stands for none
    verdict: str  # MORE, LESS or LIKE, by Benjamini and Hochberg over the facts


def differing(
    pairs: pd.DataFrame, facts: pd.DataFrame, patterns: Mapping[str, str] | None = None, seed: int = 0
) -> list[Differing]:
    """Each fact that is known of some pairs, in the order of the columns.

    Pairs that share an item are not independent. The test is of a drawn set of pairs in which no item occurs twice.

    Args:
        pairs: with columns ``first`` and ``second``.
        facts: a categorical column for each fact, missing where it is not known ``(N, C)``.
        patterns: the visual pattern of a fact, by its name.
        seed: of the draw.
    """
    first, second = (pairs[name].to_numpy(np.int64) for name in ("first", "second"))
    alone = disjoint(first, second, len(facts), seed)
    rows = [_row(name, facts[name].cat.codes.to_numpy(), first, second, alone) for name in facts.columns]
    found = [row for row in rows if row is not None]
    if not found:
        return []
    rejected, _ = benjamini_hochberg(np.array([row.p for row in found]), LEVEL)
    return [
        row._replace(
            pattern=(patterns or {}).get(row.fact, ""),
            verdict=(MORE if row.rate > row.random else LESS) if clear else LIKE,
        )
        for row, clear in zip(found, rejected.tolist(), strict=True)
    ]


def facts_that_differ(facts: pd.DataFrame, ends: Sequence[int]) -> list[str]:
    """The facts that are known of both items of a pair and differ, as ``facing: left, right``."""
    one, other = (facts.iloc[end] for end in ends)
    known = [name for name in facts.columns if pd.notna(one[name]) and pd.notna(other[name])]
    return [f"{name}: {one[name]}, {other[name]}" for name in known if one[name] != other[name]]


def disjoint(first: np.ndarray, second: np.ndarray, n: int, seed: int = 0) -> np.ndarray:
    """Which pairs ``(M,)`` to keep so that none of ``n`` items occurs twice: in a drawn order, each that still can."""
    taken, kept = np.zeros(n, bool), np.zeros(len(first), bool)
    for row in np.random.default_rng(seed).permutation(len(first)).tolist():
        ends = [first[row], second[row]]
        if not taken[ends].any():
            taken[ends] = kept[row] = True
    return kept


def random_rate(codes: np.ndarray) -> float:
    """How often a fact differs between two different items, of codes ``(N,)`` that are all known."""
    n, of_each = len(codes), np.bincount(codes)
    return float(1 - (of_each * (of_each - 1)).sum() / (n * (n - 1)))


def _row(name: str, codes: np.ndarray, first: np.ndarray, second: np.ndarray, alone: np.ndarray) -> Differing | None:
    known = codes >= 0
    if len(np.unique(codes[known])) < 2:
        return None
    both = known[first] & known[second]
    differs = codes[first] != codes[second]
    tested = both & alone
    if not tested.any():
        return None
    random = random_rate(codes[known])
    p = float(binomtest(int(differs[tested].sum()), int(tested.sum()), random).pvalue)
    return Differing(name, int(both.sum()), float(differs[both].mean()), random, int(tested.sum()), p, "", LIKE)
