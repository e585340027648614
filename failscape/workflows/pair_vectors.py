"""The vectors that pairs are mined from: two of each item of one corpus, without the copies among the items.

Shapes: ``N`` used items, ``D`` different ones, ``F`` and ``G`` features.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

import numpy as np

from failscape.data.pairs.corpus import NOUNS, ROW, Corpus, Rows, drawn_from, open_corpus, open_either
from failscape.errors import UsageError
from failscape.targets.batching import resolve_device
from failscape.targets.encoders.mining.chosen import Chosen
from failscape.targets.encoders.mining.findings import different
from failscape.targets.encoders.mining.similarity import Vectors, digests
from failscape.targets.encoders.stored import is_stored
from failscape.workflows.vector_origins import Origin, Progress, load_origin

ROLES = ("target", "reference")


@dataclass(frozen=True)
class PairVectors:
    """Two vectors of each of the different items of a corpus."""

    corpus: Corpus
    target: Vectors  # (D, F)
    reference: Vectors  # (D, G)
    items: np.ndarray  # (D,) int64 place of each among the used items
    origins: tuple[Origin, Origin]
    device: str  # where they are compared
    digest: str  # changes with any vector

    @property
    def n_copies(self) -> int:
        """Used items with the vectors of an earlier one, bit by bit."""
        return len(self.corpus.used) - len(self.items)

    def with_target(self, uri: str, folder: Path, progress: Progress) -> PairVectors:
        """The same items with another target."""
        origin = load_origin(uri, self.device)
        vectors = origin.vectors(self.corpus, folder, f"embedding with {uri}", progress)
        return replace(
            self,
            target=Chosen(vectors, self.items),
            origins=(origin, self.origins[1]),
            digest=f"{self.digest} {origin.key}",
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
    """The vectors of a corpus by two encoders, or from two files; what ``folder`` holds of an earlier try is used.

    Args:
        target: URI of an encoder, or ``npy:FILE``.
        reference: the same.
        data: what the encoders read; may be empty where both are files, and items are then called by their row.
        folder: where embeddings are kept.
        progress: told what is being done.
        max_items: draw so many where there are more.
        seed: of the draw.
        device: where encoders run, and vectors are compared.

    Raises:
        UsageError: encoders of different kinds, data that cannot be read or is missing, files that are of other items,
            fewer than two different items, vectors without a direction, and whatever keeps encoders from loading.
    """
    if not data and not (is_stored(target) and is_stored(reference)):
        raise UsageError(f"pairs of {target} need --data")
    progress("loading the encoders", 0, 0)
    origins = load_origin(target, device), load_origin(reference, device)
    progress("opening the data", 0, 0)
    n_rows = same_rows(origins)
    if data:
        corpus = _read(origins, data, max_items, seed)
        check_rows(origins, data, corpus)
    else:
        corpus = rows(n_rows, max_items, seed)
    return both_vectors(corpus, data or target, origins, folder, progress, device)


def both_vectors(
    corpus: Corpus,
    name: str,
    origins: tuple[Origin, Origin],
    folder: Path,
    progress: Progress,
    device: str,
    doing: tuple[str, str] = ("embedding with the target", "embedding with the reference"),
) -> PairVectors:
    """Both vectors of the items of a corpus, which messages call by its name; ``progress`` hears what it is doing.

    Raises:
        UsageError: see ``pair_vectors``.
    """
    found: list[Vectors] = [np.empty((0, 0))] * 2
    for place in sorted((0, 1), key=lambda place: origins[place].n_rows is not None):  # encoders settle what is used
        found[place] = origins[place].vectors(corpus, folder, doing[place], progress)
    known = digests(*found)
    items = np.flatnonzero(different(known) == np.arange(len(known)))
    if len(items) < 2:
        raise UsageError(f"{name} has one different item ({len(known)} with copies); pairs need two or more")
    digest = blake2b(b"".join(known), digest_size=8).hexdigest()
    target, reference = (Chosen(vectors, items) for vectors in found)
    return PairVectors(corpus, target, reference, items, origins, str(resolve_device(device)), digest)


def same_rows(origins: tuple[Origin, Origin]) -> int:
    """How many rows the files among the origins have; 0 where none is a file.

    Raises:
        UsageError: they have different numbers of rows.
    """
    known = [(origin.uri, origin.n_rows) for origin in origins if origin.n_rows is not None]
    if len({n for _, n in known}) > 1:
        counts = " and ".join(f"{uri} has {n:,} rows" for uri, n in known)
        raise UsageError(f"{counts}: target and reference are of different data; give vectors of the same items")
    return known[0][1] if known else 0


def check_rows(origins: tuple[Origin, Origin], data: str, corpus: Corpus) -> None:
    """Refuses files of other items than those of a corpus, as far as their number tells.

    Raises:
        UsageError: a file has another number of rows than there are items, used or not.
    """
    n_items = len(corpus.source.names)
    for origin in origins:
        if origin.n_rows not in (None, n_items):
            left_out = f" (without {len(corpus.skipped):,} that are left out)" if corpus.skipped else ""
            raise UsageError(
                f"{origin.uri} has {origin.n_rows:,} rows and {data} has {n_items:,} {NOUNS[corpus.modality]}s"
                f"{left_out}; give a row for each, in the order of the data"
            )


def rows(n: int, max_items: int | None, seed: int) -> Corpus:
    """The corpus of files of vectors without data."""
    return drawn_from(Rows(n), ROW, max_items, seed)


def _read(origins: tuple[Origin, Origin], data: str, max_items: int | None, seed: int) -> Corpus:
    known = [(origin.uri, origin.reads) for origin in origins if origin.reads is not None]
    if len({reads for _, reads in known}) > 1:
        said = " and ".join(f"{uri} reads {NOUNS[str(reads)]}s" for uri, reads in known)
        raise UsageError(f"{said}; both must read the same items")
    return open_corpus(data, str(known[0][1]), max_items, seed) if known else open_either(data, max_items, seed)
