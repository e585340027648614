"""Laws that every text edit keeps, whatever the text."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from failscape.concepts.label_effect import LABEL_EFFECTS
from failscape.concepts.text import TEXT_CONCEPTS, TextConcept

WORDS = (
    *("the", "The", "of", "and", "Anna", "London", "U.S.", "1,200", "3.5", "He", "was", "ran", "doesn't", "houses"),
    *("big", "Mr.", "goodbye", "I'm", "cannot", "receive", "well-known", "it's", "Paris", "café", "Ünal", "ß", "İ"),
    *("...", "--", "(CNN)", '"Yes,"', "end.", "stop!", "why?", "\n", "\n\n", "\t", "日本語", "🙂", "’", "'", "_", "-"),
)
TEXTS = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join),
    st.sampled_from(["", " ", "\n", "word", "Word.", ".", "a" * 500, "He is. " * 60, " A b.\n\nC d! "]),
)


def batch(*texts: str) -> np.ndarray:
    """Articles with references that say the same."""
    rows = np.empty((len(texts), 2), object)
    rows[:, 0] = texts
    rows[:, 1] = texts
    return rows


every_concept = pytest.mark.parametrize("concept", [c() for c in TEXT_CONCEPTS.values()], ids=list(TEXT_CONCEPTS))


def run(concept: TextConcept, inputs: np.ndarray, strength: float, seeds: list[int]) -> np.ndarray:
    return concept.apply(inputs, np.full(len(inputs), strength), np.array(seeds))


@every_concept
@given(texts=st.lists(TEXTS, min_size=1, max_size=3), seed=st.integers(0, 2**62), data=st.data())
@settings(max_examples=30, deadline=None)
def test_any_text_is_edited_alike_in_every_batch(
    concept: TextConcept, texts: list[str], seed: int, data: st.DataObject
) -> None:
    inputs = batch(*texts)
    before = inputs.tolist()
    seeds = [seed + i for i in range(len(texts))]
    strength = data.draw(st.sampled_from(concept.levels.tolist()))
    edited = run(concept, inputs, strength, seeds)
    assert inputs.tolist() == before and edited.shape == inputs.shape and edited.dtype == object
    assert all(type(text) is str for text in edited.ravel())
    for i in range(len(texts)):
        assert run(concept, inputs[i : i + 1], strength, seeds[i : i + 1]).tolist() == edited[i : i + 1].tolist()
    if concept.label_effect != "transformed":
        assert (edited[:, 1] == inputs[:, 1]).all()


@every_concept
@given(text=TEXTS, seed=st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_strength_zero_and_nan_leave_a_text_alone(concept: TextConcept, text: str, seed: int) -> None:
    inputs = batch(text, text, "He ran to the 3 big houses.")
    strengths = np.array([0.0, np.nan, concept.levels[-1]])
    edited = concept.apply(inputs, strengths, np.full(3, seed))
    assert edited[:2].tolist() == inputs[:2].tolist()
    assert concept.apply(inputs, np.zeros(3)) is inputs


@every_concept
@given(text=TEXTS, seed=st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_white_space_does_not_explode(concept: TextConcept, text: str, seed: int) -> None:
    edited = run(concept, batch(text), float(concept.levels[-1]), [seed])[0, 0]
    new_words = max(0, len(edited.split()) - len(text.split()))
    assert sum(c.isspace() for c in edited) <= sum(c.isspace() for c in text) + new_words


@every_concept
@given(texts=st.lists(TEXTS, min_size=1, max_size=2), seed=st.integers(0, 99), strength=st.floats(0.001, 1))
@settings(max_examples=10, deadline=None)
def test_any_strength_will_do(concept: TextConcept, texts: list[str], seed: int, strength: float) -> None:
    assert run(concept, batch(*texts), strength, [seed] * len(texts)).shape == (len(texts), 2)


@every_concept
def test_levels_are_four(concept: TextConcept) -> None:
    assert len(concept.levels) == 4 and concept.identity == 0 and concept.label_effect in LABEL_EFFECTS
