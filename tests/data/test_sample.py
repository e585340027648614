"""A draw of items: even over classes, by names and seed alone, and what it refuses."""

from typing import Any

import numpy as np
import pytest

from failscape.data.sample import draw
from failscape.errors import UsageError

NAMES, LABELS = [f"item {i}" for i in range(9)], np.array([0] * 6 + [1] * 3)


def test_a_draw_is_even_and_tells_who_comes_next() -> None:
    chosen, left = draw(NAMES, LABELS, 4, 0)
    assert np.bincount(LABELS[chosen]).tolist() == [2, 2] and (np.diff(chosen) > 0).all()
    assert sorted([*chosen.tolist(), *left[0], *left[1]]) == list(range(9))
    listed = draw(NAMES, LABELS.tolist(), 4, 0)  # type: ignore[arg-type]
    assert listed[0].tolist() == chosen.tolist() and listed[1] == left


@pytest.mark.parametrize(
    ("labels", "what"),
    [
        (LABELS[:8], r"9 names, and labels of shape \(8,\) int64"),
        (LABELS[:, None], r"labels of shape \(9, 1\) int64"),
        (LABELS / 2, r"labels of shape \(9,\) float64"),
        (["a"] * 9, r"labels of shape \(9,\) <U1"),
        (1, r"labels of shape \(\) int64"),
    ],
)
def test_labels_are_a_number_for_each_name(labels: Any, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        draw(NAMES, labels, 4, 0)


@pytest.mark.parametrize("n", [-1, 1.5])
def test_a_draw_is_of_a_number_of_items(n: Any) -> None:
    with pytest.raises(UsageError, match=f"a draw is of a whole number of items from 0 up, not {n}"):
        draw(NAMES, LABELS, n, 0)
