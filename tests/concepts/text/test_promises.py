"""What an edit says of a reference is checked for each item on what it made."""

from collections import Counter

import numpy as np
import pytest

from failscape.concepts.parsing_text import text_space
from failscape.concepts.text import TEXT_CONCEPTS
from failscape.concepts.text.promises import denied_alike, swapped_alike
from failscape.concepts.text.steps import Steps
from failscape.data.batch import Articles
from failscape.data.street.reports import ReportSource

PROMISING = [name for name, concept in TEXT_CONCEPTS.items() if concept.label_effect == "transformed"]
REPORTS = ReportSource(n=60, seed=5)
PAIRS = np.array([REPORTS.load(i) for i in range(60)], object)


@pytest.mark.parametrize(
    ("article", "reference", "edited", "retold", "kept"),
    [
        ("5 6", "5", "7 6", "7", True),
        ("5 6", "5", "7 6", "5", False),  # the reference stays behind
        ("5 6", "6", "7 6", "6", True),  # the reference does not speak of it
        ("5 5", "5", "7 5", "7", False),  # the article is of two minds
        ("5 6", "5", "7 6", "8", False),  # the reference has another one
        ("5 6", "6", "5 6", "7", False),  # the reference alone was changed
        ("5", "5 5", "7", "7 5", False),
        ("5", "", "7", "", True),
    ],
)
def test_swaps_are_checked(article: str, reference: str, edited: str, retold: str, kept: bool) -> None:
    facts = [Counter(text.split()) for text in (article, reference, edited, retold)]
    assert swapped_alike(*facts) == kept


ARTICLE = "A bus hit a van. The road was closed. It rained."
REFERENCE = "A bus hit a van, road closed."


@pytest.mark.parametrize(
    ("edited", "retold", "kept"),
    [
        ("A bus did not hit a van. The road was closed. It rained.", "A bus did not hit a van, road closed.", True),
        ("A bus did not hit a van. The road was closed. It rained.", REFERENCE, False),
        ("A bus hit a van. The road was closed. It did not rain.", REFERENCE, True),
        ("A bus hit a van. The road was closed. It did not rain.", "A bus hit a van, road not closed.", False),
        ("A bus hit a van. It rained.", REFERENCE, False),
    ],
)
def test_denials_are_checked(edited: str, retold: str, kept: bool) -> None:
    assert denied_alike(ARTICLE, edited, REFERENCE, retold) == kept


@pytest.mark.parametrize("name", TEXT_CONCEPTS)
def test_only_edits_that_change_the_reference_promise_it(name: str) -> None:
    concept = TEXT_CONCEPTS[name]()
    after = concept.apply(PAIRS[:4], np.full(4, concept.levels[-1]), np.arange(4))
    kept = concept.kept_promise(PAIRS[:4], after)
    assert (kept is not None) == (name in PROMISING)


@pytest.mark.parametrize("name", PROMISING)
def test_reports_are_edited_as_promised(name: str) -> None:
    concept = TEXT_CONCEPTS[name]()
    for strength in concept.levels:
        after = concept.apply(PAIRS, np.full(60, strength), np.arange(60))
        kept = concept.kept_promise(PAIRS, after)
        assert kept is not None and kept.mean() > 0.95 and (after != PAIRS)[:, 0].mean() > 0.8
        for row in range(3):  # a batch is checked as its rows are
            assert concept.kept_promise(PAIRS[[row]], after[[row]]) == kept[[row]]


def test_a_broken_promise_is_found_in_a_batch() -> None:
    concept = TEXT_CONCEPTS["number-swap"]()
    before = np.array([["5 men", "5 men"], ["5 men", "5 men"], ["", ""]], object)
    after = np.array([["7 men", "7 men"], ["7 men", "5 men"], ["", ""]], object)
    kept = concept.kept_promise(before, after)
    assert kept is not None and kept.tolist() == [True, False, True]
    assert Steps(concept).kept_promise(before, after).tolist() == [True, False, True]  # type: ignore[union-attr]


class Forgetful(TEXT_CONCEPTS["number-swap"]):  # type: ignore[misc]
    """Forgets the reference of every article that speaks of 5."""

    def pair(self, article: str, reference: str, strength: float, seed: int) -> tuple[str, str]:
        edited, retold = super().pair(article, reference, strength, seed)
        return edited, reference if "5" in article else retold


@pytest.mark.parametrize("walk", [False, True])
def test_a_space_keeps_which_items_were_edited_as_promised(walk: bool) -> None:
    space = text_space([Forgetful(), TEXT_CONCEPTS["lower-case"]()], walk=walk)
    batch = Articles.of([("Of 5 Men", "5 Men"), ("Of 7 Men", "7 Men"), ("Of 5 Men", "5 Men")])
    points = np.array([[1, 0], [1, 0], [0, 1]]) if walk else np.array([[0, 0], [0, 0], [1, 0]])
    edited = space.apply(batch, points, np.arange(3))
    assert edited.kept.tolist() == [False, True, True] and batch.kept.all()
    assert edited.digests != batch.digests and edited.take(np.array([1, 0])).kept.tolist() == [True, False]
    if walk:
        compound = space.compound(batch, np.array([[0, 1], [0, 1], [1, -1]]), np.arange(3))
        assert compound.kept.tolist() == [False, True, True]
