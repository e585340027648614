"""Where the vectors of a corpus come from: an encoder that reads its items, or a file in which they are already.

Shapes: ``N`` used items, ``F`` features.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from failscape.data.pairs.corpus import BATCH, IMAGE, TEXT, Corpus
from failscape.errors import UsageError
from failscape.targets import load_target
from failscape.targets.classifiers.base import ClassifierTarget
from failscape.targets.encoders.base import Encoder
from failscape.targets.encoders.cache import embed, in_batches
from failscape.targets.encoders.mining.chosen import Chosen
from failscape.targets.encoders.mining.similarity import Vectors, check_vectors
from failscape.targets.encoders.of_classifier import ClassifierFeatures
from failscape.targets.encoders.settings import EncoderSettings
from failscape.targets.encoders.stored import StoredVectors, is_stored, open_vectors
from failscape.targets.registry import with_option, without_option

Progress = Callable[[str, int, int], object]
TASKS = {"image-feature-extraction": IMAGE, "feature-extraction": TEXT}


class Origin(Protocol):
    """Gives a vector for each used item of a corpus."""

    @property
    def uri(self) -> str:
        """What the user named."""
        ...

    @property
    def reads(self) -> str | None:
        """``image`` or ``text``; None where it reads no items."""
        ...

    @property
    def n_rows(self) -> int | None:
        """Items that it has vectors of; None where it reads any."""
        ...

    @property
    def key(self) -> str:
        """Letters that change with whatever decides the vectors."""
        ...

    def vectors(self, corpus: Corpus, folder: Path, what: str, progress: Progress) -> Vectors:
        """``(N, F)`` of the used items; those that it cannot read are no longer used.

        Raises:
            UsageError: vectors without a direction, and whatever keeps the items from being read.
        """
        ...

    def __str__(self) -> str:
        """What decides the vectors, in one line."""
        ...


@dataclass(frozen=True)
class Encoded:
    """An encoder of items, or of their captions; vectors are kept in a folder as they are computed."""

    uri: str
    encoder: Encoder
    caption: Callable[[int], str] | None = None  # of an item of the source, where captions are read
    n_rows = None

    @property
    def reads(self) -> str:
        """``image`` or ``text``."""
        return TASKS[self.encoder.task]

    @cached_property
    def settings(self) -> EncoderSettings:
        """Of the encoder, which reads all weights for them."""
        return self.encoder.settings

    @property
    def key(self) -> str:
        """Of its settings."""
        return self.settings.key

    def vectors(self, corpus: Corpus, folder: Path, what: str, progress: Progress) -> Vectors:
        """Embeds what ``folder`` does not hold yet; see ``Origin``."""
        total = len(corpus.used)
        found = embed(
            self.encoder,
            self._batches(corpus),
            folder / "embeddings" / self.key,
            progress=lambda done: progress(what, done, total),
        )
        check_vectors(found, self.uri)
        return found

    def _batches(self, corpus: Corpus) -> Iterator[Any]:
        if self.caption is None:
            return corpus.batches(self.encoder.prepare)
        captions = [self.caption(index) for index in corpus.used.tolist()]
        return in_batches(np.array(captions, object), BATCH)

    def __str__(self) -> str:
        return str(self.settings)


@dataclass(frozen=True)
class Stored:
    """A file with a row for each item of the data, in its order."""

    file: StoredVectors
    reads = None

    @property
    def uri(self) -> str:
        """What the user named."""
        return self.file.uri

    @property
    def n_rows(self) -> int:
        """Of the file."""
        return len(self.file.array)

    @property
    def key(self) -> str:
        """Of the file's content."""
        return self.file.digest

    def vectors(self, corpus: Corpus, folder: Path, what: str, progress: Progress) -> Vectors:
        """The rows of the used items; see ``Origin``. All are looked at, so that messages name rows of the file."""
        check_vectors(self.file.array, str(self.file.path), "row")
        return Chosen(self.file.array, corpus.used)

    def __str__(self) -> str:
        return str(self.file)


def text_tower(uri: str, device: str) -> Encoder:
    """The tower of texts beside a tower of pictures, with the same options but those of pictures.

    Raises:
        UsageError: there is none, or it cannot be loaded.
    """
    try:
        found: Encoder = load_target(with_option(without_option(uri, "backend"), "tower", "text"), device)
    except UsageError as error:
        raise UsageError(f"{uri} gives no vectors of captions: {error}") from None
    if TASKS.get(found.task) != TEXT:
        raise UsageError(f"{uri} gives no vectors of captions: its tower of texts reads something else")
    return found


def load_origin(uri: str, device: str) -> Origin:
    """A file of vectors, the encoder behind ``uri``, or a classifier's features; refuses other targets."""
    if is_stored(uri):
        return Stored(open_vectors(uri))
    target = load_target(uri, device)
    encoder = ClassifierFeatures(target) if isinstance(target, ClassifierTarget) else target
    if encoder.task not in TASKS:
        raise UsageError(f"{uri} is no encoder; pairs are of pictures or texts that two encoders turn into vectors")
    return Encoded(uri, encoder)
