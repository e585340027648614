"""How far a map moved, and what is called significant."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.landscape.shifts import Shift, halves, seed_pairs, shifts, variation
from failscape.analysis.report.before_after import change_text, number, policies_picture
from failscape.analysis.statistics.paired_effects import effect


def moved(landscape: Landscape, rates: np.ndarray, policy: np.ndarray | None = None) -> Landscape:
    """The same grid with other smoothed rates."""
    table = landscape.table.assign(smoothed=rates)
    return replace(landscape, table=table if policy is None else table.assign(policy_mean=policy))


def by_name(found: list[Shift]) -> dict[str, Shift]:
    return {shift.what: shift for shift in found}


def test_shifts_by_hand(made: Callable[..., Any]) -> None:
    land = made(2).landscape
    corner, next_to_it = np.eye(25)[0], np.eye(25)[5]  # one level of rotation apart
    found = by_name(shifts([moved(land, corner)], [moved(land, next_to_it)], [(moved(land, corner),) * 2]))
    assert found["failures, Wasserstein distance"].value == pytest.approx(1)
    step = land.space.concepts[0].levels[1] - land.space.concepts[0].levels[0]
    assert found["centre of the failures, rotation"].value == pytest.approx(step)
    assert found["centre of the failures, darken"].value == pytest.approx(0)
    assert found["centre of the failures, rotation"].significant
    assert not found["centre of the failures, darken"].significant
    assert found["centre of the failures, rotation"].unit == "deg"


def test_seeds_are_joined_by_their_barycenter(made: Callable[..., Any]) -> None:
    land = made(2).landscape
    before = [moved(land, np.eye(25)[0]), moved(land, np.eye(25)[10])]  # halfway lies row 5
    after = [moved(land, np.eye(25)[5])]
    null = seed_pairs(before, after)
    assert len(null) == 1
    (distance, *_) = shifts(before, after, null)
    assert distance.value == pytest.approx(0, abs=1e-6) and distance.limit == pytest.approx(2)
    assert not distance.significant


def test_what_agents_prefer_is_compared_where_there_were_agents(made: Callable[..., Any]) -> None:
    land = made(2).landscape
    rates, first, last = np.ones(25), np.eye(25)[0], np.eye(25)[24]
    a, b = moved(land, rates, first), moved(land, rates, last)
    found = by_name(shifts([a], [b], [(a, a)]))["action probabilities, total variation"]
    assert found.value == 1 and found.limit == 0 and found.significant and not found.signed
    bare = replace(land, table=land.table.drop(columns=["policy_mean", "policy_spread"], errors="ignore"))
    assert "action probabilities, total variation" not in by_name(shifts([bare], [bare], []))
    assert variation(first, first) == 0
    assert policies_picture(a, b) is not None and policies_picture(bare, b) is None


def test_halves_of_one_run_agree_but_for_chance(made: Callable[..., Any]) -> None:
    run = made(2, 6000)
    null = halves(run.probes, run.items, run.space, seed=0, n=4)
    assert len(null) == 4
    found = shifts([run.landscape], [run.landscape], null)
    assert all(shift.value == pytest.approx(0, abs=1e-9) and shift.limit > 0 for shift in found)
    turned = moved(run.landscape, run.landscape.table["smoothed"].to_numpy()[::-1])
    assert by_name(shifts([run.landscape], [turned], null))["failures, Wasserstein distance"].significant


def test_nothing_is_judged_without_a_null() -> None:
    shift = Shift("x", "", 3.0, False, ())
    assert not shift.significant and np.isnan(shift.limit)


def test_numbers_as_people_write_them() -> None:
    assert number(-0.1234, "deg", signed=True) == "−0.123 deg" and number(2.0) == "2"
    assert number(float("nan"), "deg") == "–" and number(1.5, signed=True) == "+1.5"
    change = change_text(effect("x", np.ones(100, bool), np.zeros(100, bool)))
    assert change.startswith("−100.0 (−100.0 to −9")
