"""The recall of a first stage, and what is said of it."""

import numpy as np
import pytest

from failscape.analysis.pairs.recall import recall_of


def test_the_share_and_its_interval_are_over_items() -> None:
    item = np.repeat(np.arange(200), 10)
    found = np.repeat(np.arange(200) % 10 > 0, 10)  # all pairs of an item, or none
    recall = recall_of(500, item, found)
    assert (recall.n_drawn, recall.n_true, recall.n_found, recall.rate) == (500, 2000, 1800, 0.9)
    assert 0.84 < recall.low < 0.87 and 0.93 < recall.high < 0.95, "as of 200 trials and not of 2,000"
    assert "found 1,800 of 2,000 pairs (90\u00a0%) above the target's threshold that 500 drawn items" in str(recall)
    assert recall.as_json()["rate"] == 0.9


def test_intervals_cover_the_share_of_all_items() -> None:
    rng, covered = np.random.default_rng(0), 0
    size = rng.integers(1, 20, 20_000)
    share = rng.beta(8, 1, 20_000)
    hit = [rng.random(n) < p for n, p in zip(size, share, strict=True)]
    right = sum(h.sum() for h in hit) / size.sum()
    for _ in range(200):
        drawn = rng.choice(20_000, 300, replace=False)
        recall = recall_of(300, np.repeat(drawn, size[drawn]), np.concatenate([hit[item] for item in drawn]))
        covered += recall.low <= right <= recall.high
    assert covered >= 184


def test_all_found_is_not_certainty() -> None:
    recall = recall_of(40, np.repeat(np.arange(40), 5), np.ones(200, bool))
    assert recall.rate == recall.high == 1 and 0.85 < recall.low < 0.95


def test_where_there_is_no_pair_nothing_is_known() -> None:
    recall = recall_of(7, np.zeros(0, np.int64), np.zeros(0, bool))
    assert np.isnan(recall.rate) and (recall.low, recall.high) == (0, 1) and recall.as_json()["rate"] is None
    assert str(recall) == "The recall is not known: 7 drawn items are in no pair above the target's threshold."
    assert recall_of(7, np.zeros(3, np.int64), np.ones(3, bool)).low == pytest.approx(0), "one item says little"
