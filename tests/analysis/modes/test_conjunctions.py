"""Conjunctions of levels cover what stands out, and say it as briefly as it can be said."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from failscape.analysis.modes.conjunctions import PRECISION, conjunctions

SHAPE = (4, 5, 3, 2)
GRID = np.stack([axis.ravel() for axis in np.indices(SHAPE)], axis=1)
EVERY = np.ones(len(GRID), bool)
POINTS = st.integers(0, len(GRID) - 1)


def holds(**levels: int) -> np.ndarray:
    """Where axes ``a0``, ``a1``, ... have levels, ``(P,)`` bool."""
    held = EVERY.copy()
    for name, level in levels.items():
        held &= GRID[:, int(name[1:])] == level
    return held


def test_rules_that_share_nothing_are_found_as_they_are() -> None:
    rules = [holds(a0=1), holds(a1=2, a2=0), holds(a0=3, a1=4, a3=1)]
    found = conjunctions(SHAPE, EVERY, np.any(rules, axis=0))
    assert [set(region) for region in found] == [set(np.flatnonzero(rule)) for rule in rules]


def test_a_few_points_that_do_not_stand_out_do_not_break_a_rule() -> None:
    stands = holds(a0=2)
    missed = np.flatnonzero(stands)[:4]
    stands[missed] = False
    (region,) = conjunctions(SHAPE, EVERY, stands)
    assert set(region) == set(np.flatnonzero(holds(a0=2)))


def test_points_that_are_not_there_are_in_no_rule() -> None:
    exists = ~holds(a0=1, a1=1)
    (region,) = conjunctions(SHAPE, exists, holds(a0=1))
    assert set(region) == set(np.flatnonzero(holds(a0=1) & exists))


@settings(max_examples=60)
@given(
    rows=st.sets(st.integers(0, len(GRID) - 1), max_size=40), gone=st.sets(st.integers(0, len(GRID) - 1), max_size=30)
)
def test_whatever_stands_out_is_covered_and_little_else(rows: set[int], gone: set[int]) -> None:
    stands, exists = np.isin(np.arange(len(GRID)), list(rows)), ~np.isin(np.arange(len(GRID)), list(gone))
    found = conjunctions(SHAPE, exists, stands)
    covered = np.zeros(len(GRID), bool)
    for region in found:
        assert exists[region].all() and stands[region].mean() >= PRECISION
        new = stands[region] & ~covered[region]
        assert new.any()
        covered[region] = True
    assert covered[stands & exists].all()
