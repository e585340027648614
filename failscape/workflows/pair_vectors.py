"""The vectors that pairs are mined from: two encoders over one corpus, without the copies among its items.

Shapes: ``N`` used items, ``D`` different ones, ``F`` features.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from failscape.data.pairs.corpus import IMAGE, TEXT, Corpus, open_corpus
from failscape.errors import UsageError
from failscape.targets import load_target
from failscape.targets.classifiers.base import ClassifierTarget
from failscape.targets.encoders.base import Encoder
from failscape.targets.encoders.cache import embed
from failscape.targets.encoders.mining.findings import different
from failscape.targets.encoders.mining.similarity import Vectors, check_vectors, digests
from failscape.targets.encoders.of_classifier import ClassifierFeatures

Progress = Callable[[str, int, int], object]
TASKS = {"image-feature-extraction": IMAGE, "feature-extraction": TEXT}


class Chosen:
    """Some rows of vectors ``(N, F)``, read as they are asked for: ``(D, F)``."""

    def __init__(self, vectors: Vectors, rows: np.ndarray) -> None:
        self.vectors, self.rows = vectors, rows
        self.shape = (len(rows), *vectors.shape[1:])

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, rows: Any) -> Any:
        return self.vectors[self.rows[rows]]


@dataclass(frozen=True)
class PairVectors:
    """Both encoders' vectors of the different items of a corpus."""

    corpus: Corpus
    target: Vectors  # (D, F)
    reference: Vectors  # (D, G)
    items: np.ndarray  # (D,) int64 place of each among the used items
    encoders: tuple[Encoder, Encoder]
    digest: str  # changes with any vector

    @property
    def n_copies(self) -> int:
        """Used items with the vectors of an earlier one, bit by bit."""
        return len(self.corpus.used) - len(self.items)

    def with_target(self, uri: str, folder: Path, progress: Progress) -> PairVectors:
        """The same items with another target."""
        encoder = load_encoder(uri, str(self.encoders[0].device))
        vectors = _embedded(encoder, self.corpus, folder, f"embedding with {uri}", progress)
        check_vectors(vectors, uri)
        return replace(
            self,
            target=Chosen(vectors, self.items),
            encoders=(encoder, self.encoders[1]),
            digest=f"{self.digest} {encoder.settings.key}",
        )


def pair_vectors(
    target: str,
    reference: str,
    data: str,
    folder: Path,
    progress: Progress,
    *,
    max_items: int | None = None,
    seed: int = 0,
    device: str = "auto",
) -> PairVectors:
    """Embed a corpus with two encoders; what ``folder`` holds of an earlier try is used.

    Raises:
        UsageError: encoders of different kinds, data that cannot be read, fewer than two different items, vectors
            without a direction, and whatever keeps encoders from loading.
    """
    progress("loading the encoders", 0, 0)
    encoders = load_encoder(target, device), load_encoder(reference, device)
    if encoders[0].task != encoders[1].task:
        of_target, of_reference = (TASKS[encoder.task] for encoder in encoders)
        raise UsageError(
            f"{target} reads {of_target}s and {reference} reads {of_reference}s; both must read the same items"
        )
    progress("opening the data", 0, 0)
    corpus = open_corpus(data, TASKS[encoders[0].task], max_items, seed)
    one, other = (
        _embedded(encoder, corpus, folder, f"embedding with the {role}", progress)
        for encoder, role in zip(encoders, ("target", "reference"), strict=True)
    )
    for vectors, uri in ((one, target), (other, reference)):
        check_vectors(vectors, uri)
    known = digests(one, other)
    items = np.flatnonzero(different(known) == np.arange(len(known)))
    if len(items) < 2:
        raise UsageError(f"{data} has one different item ({len(known)} with copies); pairs need two or more")
    digest = blake2b(b"".join(known), digest_size=8).hexdigest()
    return PairVectors(corpus, Chosen(one, items), Chosen(other, items), items, encoders, digest)


def load_encoder(uri: str, device: str) -> Encoder:
    """The encoder behind ``uri``, or a classifier's features; refuses other targets."""
    target = load_target(uri, device)
    encoder = ClassifierFeatures(target) if isinstance(target, ClassifierTarget) else target
    if encoder.task not in TASKS:
        raise UsageError(f"{uri} is no encoder; pairs are of pictures or texts that two encoders turn into vectors")
    found: Encoder = encoder
    return found


def _embedded(encoder: Encoder, corpus: Corpus, folder: Path, what: str, progress: Progress) -> Vectors:
    total = len(corpus.used)
    cache = folder / "embeddings" / encoder.settings.key
    return embed(encoder, corpus.batches(encoder.prepare), cache, progress=lambda done: progress(what, done, total))
