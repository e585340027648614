"""Words of a text as a vector: against counting by hand."""

from collections import Counter

import numpy as np
import pytest
import torch

from failscape.errors import UsageError
from failscape.targets import load_target

TEXTS = ["A dog bites a man.", "a man bites a dog", "two dogs", "", "?!", "Ein Hündchen"]


def counted(one: str, other: str) -> float:
    a, b = (Counter(text.lower().replace(".", "").split()) for text in (one, other))
    norm = np.sqrt(sum(n * n for n in a.values()) * sum(n * n for n in b.values()))
    return float(sum(a[word] * b[word] for word in a) / norm)


def test_similarity_is_that_of_counts() -> None:
    vectors = load_target("bag-of-words:?words=1&features=100000")(TEXTS).embeddings
    assert vectors.shape == (6, 100_000) and vectors.dtype == torch.float32
    found = vectors @ vectors.T
    for i, j in ((0, 1), (0, 2), (1, 2), (0, 5)):
        assert float(found[i, j]) == pytest.approx(counted(TEXTS[i], TEXTS[j]), abs=1e-6)
    assert float(found[0, 1]) == pytest.approx(1), "the same words in another order"
    assert torch.allclose(vectors.norm(dim=1), torch.ones(6)), "texts without words have a direction, too"


def test_pairs_of_words_tell_their_order() -> None:
    vectors = load_target("bag-of-words:")(np.array(TEXTS, object)).embeddings
    assert vectors.shape == (6, 4096) and 0.5 < float(vectors[0] @ vectors[1]) < 0.95


def test_settings_say_what_decides_the_vectors() -> None:
    keys = {load_target(f"bag-of-words:{options}").settings.key for options in ("", "?words=1", "?features=512")}
    assert len(keys) == 3


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("bag-of-words:english", "names nothing"),
        ("bag-of-words:?words=0", "words from 1 to 5"),
        ("bag-of-words:?features=1", "features is from 2"),
        ("bag-of-words:?features=many", "write a whole number"),
        ("bag-of-words:?fetures=9", "did you mean features"),
    ],
)
def test_a_mistake_is_one_line(uri: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        load_target(uri)


def test_one_text_is_no_list() -> None:
    with pytest.raises(UsageError, match="give one text as"):
        load_target("bag-of-words:")("a dog")
