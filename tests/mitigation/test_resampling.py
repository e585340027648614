"""Rows that follow a wanted distribution, whatever the distribution they are picked from."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failscape.errors import UsageError
from failscape.mitigation.resampling import apportioned, resampled

WEIGHTS = st.dictionaries(st.sampled_from("abc"), st.floats(0, 5), min_size=1).filter(lambda w: sum(w.values()) > 0.01)


@given(st.lists(st.sampled_from("abcd"), max_size=40), WEIGHTS, st.integers(1, 200), st.integers(0, 9))
@settings(max_examples=200, deadline=None)
def test_each_value_has_its_share_and_its_rows_come_equally_often(
    labels: list[str], wanted: dict[str, float], n: int, seed: int
) -> None:
    if any(weight and value not in labels for value, weight in wanted.items()):
        with pytest.raises(UsageError, match="no row has the value"):
            resampled(labels, wanted, n, np.random.default_rng(seed))
        return
    rows = resampled(labels, wanted, n, np.random.default_rng(seed))
    assert rows.shape == (n,) and (rows == resampled(labels, wanted, n, np.random.default_rng(seed))).all()
    found, total = Counter(labels[row] for row in rows), sum(wanted.values())
    for value in set(labels):
        assert abs(found[value] - n * wanted.get(value, 0) / total) < 1
    times = Counter(rows.tolist())
    for value in found:
        own = [times[row] for row, label in enumerate(labels) if label == value]
        assert max(own) - min(own) <= 1


def test_remainders_go_to_the_largest() -> None:
    assert apportioned({"a": 1, "b": 1, "c": 1}, 4) == {"a": 2, "b": 1, "c": 1}
    assert apportioned({"a": 0.74, "b": 0.26}, 10) == {"a": 7, "b": 3}
    assert apportioned({"a": 1.0, "b": 0.0}, 3) == {"a": 3, "b": 0}


@pytest.mark.parametrize("wanted", [{"a": -1, "b": 2}, {"a": 0}, {"a": float("nan")}, {"a": float("inf")}, {}])
def test_weights_that_are_no_distribution(wanted: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="is no distribution"):
        resampled(["a", "b"], wanted, 3, np.random.default_rng(0))
