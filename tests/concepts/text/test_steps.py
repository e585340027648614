"""Edits that add up, one place at a time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failscape.concepts import concept_space
from failscape.concepts.text import TEXT_CONCEPTS
from failscape.concepts.text.steps import Steps, stepwise
from failscape.errors import UsageError

TEXT = "A red bus hit two parked vans on Mill Lane, and the old driver was taken to a small hospital in Northgate."
NAMES = sorted(set(TEXT_CONCEPTS) - {"negate", "number-swap", "entity-swap"})


def pairs(*texts: str) -> np.ndarray:
    return np.array([[text, "A bus hit vans."] for text in texts], object)


@given(
    st.sampled_from(sorted(TEXT_CONCEPTS)), st.lists(st.text(max_size=60), min_size=1, max_size=4), st.integers(0, 5)
)
@settings(max_examples=60, deadline=None)
def test_zero_times_is_nothing_and_rows_do_not_know_each_other(name: str, texts: list[str], times: int) -> None:
    steps, before, seeds = Steps(TEXT_CONCEPTS[name]()), pairs(*texts), np.arange(len(texts)) + 5
    kept = before.copy()
    together = steps.apply(before, np.full(len(texts), float(times)), seeds)
    assert (before == kept).all()
    if times == 0:
        assert (together == before).all()
    for row in range(len(texts)):
        alone = steps.apply(before[[row]], np.array([float(times)]), seeds[[row]])
        assert alone.tolist() == together[[row]].tolist()


def test_each_time_edits_what_the_times_before_have_left() -> None:
    steps, seeds = Steps(TEXT_CONCEPTS["delete-words"]()), np.array([3])
    walked = pairs(TEXT)
    for time in range(4):
        n_words = len(walked[0, 0].split())
        walked = steps.again(walked, np.array([time + 1]), seeds, time)
        assert len(walked[0, 0].split()) == n_words - 1
    assert steps.apply(pairs(TEXT), np.array([4.0]), seeds).tolist() == walked.tolist()
    left_alone = steps.again(pairs(TEXT), np.array([-1]), seeds, 0)
    assert left_alone.tolist() == pairs(TEXT).tolist()


def test_the_same_edit_twice_does_not_undo_itself() -> None:
    once = Steps(TEXT_CONCEPTS["flip-case"]()).apply(pairs(TEXT), np.array([1.0]), np.array([0]))[0, 0]
    four = Steps(TEXT_CONCEPTS["flip-case"]()).apply(pairs(TEXT), np.array([4.0]), np.array([0]))[0, 0]
    changed = [sum(a != b for a, b in zip(TEXT, text, strict=True)) for text in (once, four)]
    assert changed[0] == 1 and changed[1] > 1


def test_spaces_become_stepwise_and_come_back_from_their_description() -> None:
    space = stepwise(concept_space(["drop-noun=1,2,3", "misspellings"]))
    assert [c.levels.tolist() for c in space.concepts] == [[0, 1, 2, 3], [0, 1, 2, 3, 4]]
    assert space.label(np.array([2, 1])) == "drop-noun 2 times, misspellings 1 time"
    again = concept_space(space.describe())
    assert again.describe() == space.describe() and isinstance(again.concepts[1], Steps)
    assert stepwise(space).describe() == space.describe()


def test_what_cannot_be_made_step_by_step_is_refused() -> None:
    with pytest.raises(UsageError, match="rotation cannot be made one place at a time"):
        stepwise(concept_space("rotation=0,1"))
    with pytest.raises(UsageError, match="edit cannot be made"):
        stepwise(concept_space("text"))
    with pytest.raises(UsageError, match="whole number of times"):
        Steps(TEXT_CONCEPTS["drop-noun"](), [0, 0.5])


def test_the_effect_that_goes_furthest_counts() -> None:
    space = stepwise(concept_space(["drop-noun=1,2", "misspellings", "number-swap"]))
    points = np.array([[0, 0, 0], [0, 3, 0], [0, 3, 1], [1, 0, 1], [-1, -1, -1]])
    assert space.label_effect(points).tolist() == ["preserved", "preserved", "transformed", "invalidated", "preserved"]
