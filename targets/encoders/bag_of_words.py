"""``bag-of-words:``: which words a text has, whatever their order; a reference for encoders of texts without a model.

Words and pairs of neighbouring words are counted, hashed to a fixed number of features (Weinberger et al. 2009), and
brought to unit length. Nothing is fitted: a text has the same vector in every corpus.

Shapes: ``B`` batch, ``F`` features.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from sklearn.feature_extraction.text import HashingVectorizer

from failscape.common.uri import typed
from failscape.errors import UsageError
from failscape.targets.batching import check_texts
from failscape.targets.encoders.settings import EncoderSettings
from failscape.targets.outputs import EncoderOutputs

FEATURES, LONGEST = 4096, 1_000_000
EMPTY = "\x00"  # stands for a text without words, whose vector would have no direction


class BagOfWords:
    """An encoder of texts; see the module.

    Args:
        features: of a vector.
        words: longest run of words that is counted: 1 for single words, 2 for pairs as well.
        name: how messages call it.

    Raises:
        UsageError: a number is out of its range.
    """

    task = "feature-extraction"

    def __init__(self, features: int = FEATURES, words: int = 2, name: str = "bag-of-words:") -> None:
        if not (2 <= features <= LONGEST and 1 <= words <= 5):
            raise UsageError(f"{name}: features is from 2 to {LONGEST:,} and words from 1 to 5")
        self.name, self.device, self.n_queries = name, torch.device("cpu"), 0
        self.features, self.words = features, words
        self._count = HashingVectorizer(
            n_features=features,
            ngram_range=(1, words),
            token_pattern=r"(?u)\b\w+\b|\x00",
            alternate_sign=False,  # so that no two words cancel each other
        )

    @property
    def settings(self) -> EncoderSettings:
        """Everything that decides the vectors."""
        return EncoderSettings(
            modality="text",
            library="scikit-learn",
            architecture=f"HashingVectorizer, {self.features} features",
            layer="final",
            token="pooled",
            projection=False,
            activation="",
            dtype="float32",
            input_size=f"runs of 1 to {self.words} words" if self.words > 1 else "single words",
            backend="",
            preparation="lower case, no accents changed",
            weights="",
        )

    def __call__(self, inputs: Any, /, seeds: Sequence[int] | None = None) -> EncoderOutputs:
        """Unit vectors ``(B, F)`` float32 of texts ``(B,)``.

        Raises:
            UsageError: for inputs that are no texts.
        """
        check_texts(self.name, inputs)
        self.n_queries += len(inputs)
        texts = [str(text) if any(letter.isalnum() for letter in str(text)) else EMPTY for text in inputs]
        vectors = np.zeros((0, self.features), np.float32)
        if texts:
            vectors = self._count.transform(texts).toarray().astype(np.float32)
        return EncoderOutputs.of(torch.from_numpy(vectors), np.zeros(len(texts), bool))

    def prepare(self, item: Any) -> Any:
        """A text as it is."""
        return item

    def __repr__(self) -> str:
        return f"BagOfWords({self.features} features)"


def load(name: str, device: str = "auto", *, features: str = str(FEATURES), words: str = "2") -> BagOfWords:
    """The encoder; ``name`` is empty.

    Raises:
        UsageError: there is a name, or an option is no whole number in its range.
    """
    if name:
        raise UsageError(f"bag-of-words:{name} names nothing; its options come after ?, as in bag-of-words:?words=1")
    known = {"features": features, "words": words}
    chosen = {key: typed("bag-of-words:", key, value, 0) for key, value in known.items()}
    return BagOfWords(**chosen)
