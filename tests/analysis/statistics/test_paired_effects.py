"""Before and after on the same items: intervals by simulation, verdicts by hand."""

import numpy as np
import pandas as pd
import pytest

from failscape.analysis.statistics.paired_effects import effect, effects_by, paired_interval


def test_an_effect_by_hand() -> None:
    before = np.array([1, 1, 1, 0, 0, 0, 0, 0, 0, 0], bool)
    after = np.array([1, 0, 0, 1, 0, 0, 0, 0, 0, 0], bool)
    found = effect("here", before, after)
    assert (found.before, found.after, found.n) == (0.3, 0.2, 10)
    assert found.change == pytest.approx(-0.1) and found.low < -0.1 < found.high
    assert found.relative == pytest.approx(1 / 3)
    assert found.p_value == 1 and not found.harmful  # two lost, one gained: chance


def test_harm_is_a_rise_by_two_points_beyond_the_interval() -> None:
    before = np.zeros(400, bool)
    assert not effect("a little", before, np.arange(400) < 12).harmful  # 3 points, surely above 0 but not above 2
    assert effect("a lot", before, np.arange(400) < 40).harmful


@pytest.mark.parametrize(("up", "down", "n"), [(0.05, 0.1, 80), (0.02, 0.02, 200), (0.3, 0.1, 40), (0.0, 0.05, 100)])
def test_intervals_hold_the_difference(up: float, down: float, n: int) -> None:
    rng = np.random.default_rng(0)
    counts = rng.multinomial(n, [up, down, 1 - up - down], size=4000)
    bounds = np.array([paired_interval(np.repeat([1.0, -1.0, 0.0], row)) for row in counts])
    inside = ((bounds[:, 0] <= up - down) & (up - down <= bounds[:, 1])).mean()
    assert 0.935 <= inside <= 0.99


def test_pairs_of_one_item_count_as_one_item() -> None:
    """Ten pairs alike of each of forty items say what forty pairs say; an item's share counts as a share."""
    rng = np.random.default_rng(1)
    before, after = rng.random(40) < 0.6, rng.random(40) < 0.2
    item = np.repeat(np.arange(40), 10)
    assert effect("x", np.repeat(before, 10), np.repeat(after, 10), item) == effect("x", before, after)
    uneven = effect("x", np.array([1, 1, 0, 1], bool), np.array([0, 1, 0, 0], bool), np.array([7, 7, 7, 9]))
    assert (uneven.before, uneven.after, uneven.n) == pytest.approx(((2 / 3 + 1) / 2, (1 / 3 + 0) / 2, 2))


def test_intervals_of_shares_hold_the_difference() -> None:
    """Items of which each has a rate of its own, before and after, at ten edits."""
    rng, holds = np.random.default_rng(2), 0
    for _ in range(1000):
        rate = rng.beta(1, 2, size=120)
        before, after = rng.random((120, 10)) < rate[:, None], rng.random((120, 10)) < rate[:, None] / 2
        found = effect("x", before.ravel(), after.ravel(), np.repeat(np.arange(120), 10))
        holds += found.low <= -1 / 6 <= found.high
    assert 0.93 <= holds / 1000 <= 0.99


def test_nothing_is_known_of_no_items() -> None:
    found = effect("nowhere", np.zeros(0, bool), np.zeros(0, bool))
    assert (found.low, found.high, found.n) == (-1, 1, 0) and np.isnan(found.change) and np.isnan(found.relative)


def test_groups_keep_their_order() -> None:
    what = pd.Series(["b", "a", "b"])
    found = effects_by(what, np.array([1, 0, 0], bool), np.array([0, 0, 0], bool), np.arange(3))
    assert [(e.what, e.before, e.n) for e in found] == [("b", 0.5, 2), ("a", 0.0, 1)]
