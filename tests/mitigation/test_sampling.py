"""What a fine-tune is shown, and what it may be told."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failscape.analysis.modes.mode import Mode
from failscape.concepts import concept_space
from failscape.errors import UsageError
from failscape.mitigation import choose_modes
from failscape.mitigation.sampling import Failures, draw_points, epoch, failures_of, split_items
from tests.support.modes import made_mode

SPACE = concept_space(["darken=0,0.2,0.4", "rotation=-10,0,10"])


@given(st.lists(st.integers(0, 3), min_size=20, max_size=80), st.floats(0.05, 0.5))
@settings(max_examples=50, deadline=None)
def test_the_split_divides_each_class_alike(labels: list[int], share: float) -> None:
    references = np.array(labels)
    explored = np.flatnonzero(np.arange(len(labels)) % 5 != 0)
    try:
        split = split_items(explored, references, share, seed=0)
    except UsageError:
        assert round(share * len(explored)) == 0 or all(
            round(share * n) == 0 for n in np.bincount(references[explored])
        )
        return
    assert sorted([*split.fit, *split.validation]) == explored.tolist()
    counts = np.bincount(references[explored])
    judges = np.bincount(references[split.validation], minlength=len(counts))
    large = np.array([round(share * n) > 0 for n in counts])
    assert judges[large].tolist() == [round(share * n) for n in counts[large]]
    assert judges[~large].sum() == round(share * counts[~large].sum())


def test_classes_of_one_item_are_divided_as_one() -> None:
    split = split_items(np.arange(100), np.arange(100), 0.15, 0)
    assert len(split.validation) == 15 and len(split.fit) == 85


def test_too_few_items() -> None:
    with pytest.raises(UsageError, match="2 explored items are too few"):
        split_items(np.arange(2), np.array([0, 1]), 0.15, 0)


def test_points_are_of_modes_that_hold_the_class() -> None:
    modes = [Failures(np.array([0, 1]), (0,)), Failures(np.array([4]), (0, 1)), Failures(np.array([8]), (1,))]
    labels = np.repeat([0, 1, 2], 600)
    drawn = draw_points(modes, labels, np.random.default_rng(0))
    shares = [np.bincount(drawn[labels == label], minlength=9) / 600 for label in range(3)]
    np.testing.assert_allclose(shares[0][[0, 1, 4]], [0.25, 0.25, 0.5], atol=0.06)  # evenly over modes, then points
    np.testing.assert_allclose(shares[1][[4, 8]], [0.5, 0.5], atol=0.06)
    np.testing.assert_allclose(shares[2][[0, 1, 4, 8]], [1 / 6, 1 / 6, 1 / 3, 1 / 3], atol=0.06)  # no mode's own


def test_points_that_choose_a_class_are_for_items_of_that_class() -> None:
    space = concept_space(["class", "darken=0,0.2"], classes={"a": 0, "b": 2})
    rows = np.array([1, 2, 3])  # a dark; b plain and dark
    parts = failures_of(rows, (), space)
    assert [(part.points.tolist(), part.classes) for part in parts] == [([1], (0,)), ([2, 3], (2,))]
    assert [part.classes for part in failures_of(rows, (2,), space)] == [(2,)]
    drawn = draw_points(parts, np.array([0, 2, 0, 2] * 20), np.random.default_rng(0))
    assert (drawn[::2] == 1).all() and set(drawn[1::2].tolist()) == {2, 3}
    assert failures_of(np.array([4]), (1,), SPACE) == [Failures(np.array([4]), (1,))]


@pytest.mark.parametrize("balance", [True, False])
def test_an_epoch_shows_as_many_items_as_there_are(balance: bool) -> None:
    references = np.array([0] * 90 + [1] * 10)
    items = np.arange(100)
    rng = np.random.default_rng(0)
    modes = [Failures(np.array([2, 3]), ())]
    batches = list(epoch(modes, SPACE, items, references, 32, rng, balance))
    assert [len(batch) for batch, _ in batches] == [32, 32, 32, 4]
    shown = np.concatenate([batch for batch, _ in batches])
    points = np.concatenate([SPACE.index(points) for _, points in batches])
    assert set(points.tolist()) == {2, 3}
    rare = (references[shown] == 1).mean()
    assert 0.35 < rare < 0.65 if balance else sorted(shown) == items.tolist()


def mode(share: float, rate: float, confirmed: bool = True, rating: float | None = None) -> Mode:
    return made_mode(np.arange(2), share=share, rate=rate, confirmed=confirmed, rating=rating)


def test_modes_are_chosen_in_the_order_in_which_they_are_told() -> None:
    modes = [mode(0.3, 0.5), mode(0.5, 0.3), mode(0.8, 0.8, confirmed=False)]
    assert choose_modes(modes) == [2, 1]
    assert choose_modes(modes, by="rate") == [1, 2]
    assert choose_modes([mode(0.5, 0.3, rating=1), mode(0.3, 0.5, rating=10), mode(0.9, 0.9)], by="rating") == [2, 1, 3]
    with pytest.raises(UsageError, match="not by 'size'"):
        choose_modes(modes, by="size")
    assert choose_modes(modes, numbers=[3, 1, 3]) == [3, 1]
    with pytest.raises(UsageError, match="no failure mode 4; its modes are 1 to 3"):
        choose_modes(modes, numbers=[4])
    with pytest.raises(UsageError, match="no confirmed failure mode to mitigate"):
        choose_modes(modes[2:])


def test_what_was_taken_away_is_not_taught_unless_it_is_asked_for() -> None:
    space = concept_space({"edits": ["truncation", "lower-case"]})
    modes = [replace(mode(0.9, 0.9), points=np.arange(4)), replace(mode(0.5, 0.5), points=np.arange(4, 8))]
    assert choose_modes(modes, space=space) == [2] and choose_modes(modes, [1], space) == [1]
    with pytest.raises(UsageError, match="take facts away"):
        choose_modes(modes[:1], space=space)
