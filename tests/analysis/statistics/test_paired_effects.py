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
    bounds = np.array([paired_interval(int(gained), int(lost), n) for gained, lost, _ in counts])
    inside = ((bounds[:, 0] <= up - down) & (up - down <= bounds[:, 1])).mean()
    assert 0.935 <= inside <= 0.99


def test_nothing_is_known_of_no_items() -> None:
    found = effect("nowhere", np.zeros(0, bool), np.zeros(0, bool))
    assert (found.low, found.high, found.n) == (-1, 1, 0) and np.isnan(found.change) and np.isnan(found.relative)


def test_groups_keep_their_order() -> None:
    what = pd.Series(["b", "a", "b"])
    found = effects_by(what, np.array([1, 0, 0], bool), np.array([0, 0, 0], bool))
    assert [(e.what, e.before, e.n) for e in found] == [("b", 0.5, 2), ("a", 0.0, 1)]
