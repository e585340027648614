"""Mines a corpus for pairs that one encoder takes for alike and another one does not.

Shapes: ``N`` items, ``F`` features.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from failscape.analysis.pairs.differing import Differing, differing
from failscape.common.atomic_write import write_all
from failscape.data.items import write_skipped
from failscape.data.pairs.corpus import TEXT, Corpus, open_corpus
from failscape.errors import UsageError
from failscape.targets import load_target
from failscape.targets.encoders.base import Encoder
from failscape.targets.encoders.cache import embed
from failscape.targets.encoders.mining.findings import clusters, different, findings
from failscape.targets.encoders.mining.mining import Stripe, Thresholds
from failscape.targets.encoders.mining.resumable import mine_into
from failscape.targets.encoders.mining.similarity import Vectors, check_vectors, digests
from failscape.targets.encoders.mining.thresholds import random_cosines, threshold

Progress = Callable[[str, int, int], object]
TASKS = {"image-feature-extraction": "image", "feature-extraction": TEXT}


@dataclass(frozen=True)
class PairSearch:
    """What to compare with what."""

    target: str
    reference: str
    data: str
    above: str = "0.95"  # for the target: a cosine, or a quantile such as q0.999
    below: str = "0.6"  # for the reference
    same: float = 0.98
    max_items: int | None = None
    seed: int = 0
    device: str = "auto"
    precision: str = "auto"


@dataclass(frozen=True)
class FoundPairs:
    """What there is."""

    search: PairSearch
    corpus: Corpus
    thresholds: Thresholds
    pairs: pd.DataFrame  # blind pairs: first, second, target, reference, blindness, repeats; items by their place
    same: pd.DataFrame  # near-duplicates
    n_copies: int  # items with the vectors of an earlier one, which were left out
    differing: list[Differing]  # facts, of the pairs that do not repeat another one
    settings: dict[str, str]  # of both encoders, in words
    sample: pd.DataFrame  # similarities of random pairs: target, reference

    @property
    def n_items(self) -> int:
        """Items that pairs were made of."""
        return len(self.corpus.used) - self.n_copies

    @property
    def n_pairs(self) -> int:
        """Pairs of them."""
        return self.n_items * (self.n_items - 1) // 2

    @property
    def counted(self) -> pd.DataFrame:
        """The pairs without those that repeat another one."""
        return self.pairs[~self.pairs["repeats"]].reset_index(drop=True)

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "search": asdict(self.search),
            "settings": self.settings,
            "thresholds": self.thresholds._asdict(),
            "items": self.n_items,
            "copies": self.n_copies,
            "skipped": len(self.corpus.skipped),
            "pairs": self.n_pairs,
            "blind": len(self.pairs),
            "blind_counted": int((~self.pairs["repeats"]).sum()),
            "near_duplicates": len(self.same),
            "differing": [row._asdict() for row in self.differing],
        }


def find_pairs(search: PairSearch, folder: Path, progress: Progress) -> FoundPairs:
    """All blind pairs; what ``folder`` holds of an earlier try is used.

    Raises:
        UsageError: encoders of different kinds, data that cannot be read, vectors without similarity, thresholds that
            mean nothing, and whatever keeps encoders from loading.
    """
    progress("loading the encoders", 0, 0)
    target, reference = (_encoder(uri, search.device) for uri in (search.target, search.reference))
    if target.task != reference.task:
        raise UsageError(
            f"{search.target} is of {TASKS[target.task]}s and {search.reference} of {TASKS[reference.task]}s; "
            "both must read the same items"
        )
    progress("opening the data", 0, 0)
    corpus = open_corpus(search.data, TASKS[target.task], search.max_items, search.seed)
    of_target, of_reference = (
        _vectors(encoder, corpus, folder, f"embedding with the {role}", progress)
        for encoder, role in ((target, "target"), (reference, "reference"))
    )
    for vectors, uri in ((of_target, search.target), (of_reference, search.reference)):
        check_vectors(vectors, uri)
    known = digests(of_target, of_reference)
    rows = np.flatnonzero(different(known) == np.arange(len(known)))
    one, other = Chosen(of_target, rows), Chosen(of_reference, rows)
    for vectors in (one, other):
        check_vectors(vectors, search.data)
    thresholds = Thresholds(
        threshold(search.above, one, "--above", search.seed),
        threshold(search.below, other, "--below", search.seed),
        search.same,
    )
    thresholds.check()
    identity = {
        "encoders": f"{target.settings.key} {reference.settings.key}",
        "vectors": blake2b(b"".join(known), digest_size=8).hexdigest(),
    }
    device = str(target.device)
    mined = mine_into(
        folder / "parts",
        one,
        other,
        thresholds,
        identity,
        precision=search.precision,
        device=device,
        progress=lambda done, of: progress("comparing pairs", done, of),
    )
    found = findings(mined.blind, clusters(len(rows), mined.same))
    stripe = Stripe(*(_placed(frame, rows) for frame in (found, mined.same)))
    sample = pd.DataFrame({"target": random_cosines(one, search.seed), "reference": random_cosines(other, search.seed)})
    counted = stripe.blind[~stripe.blind["repeats"]]
    return FoundPairs(
        search,
        corpus,
        thresholds,
        stripe.blind,
        stripe.same,
        len(known) - len(rows),
        differing(counted, corpus.facts, search.seed),
        {"target": str(target.settings), "reference": str(reference.settings)},
        sample,
    )


def write_pairs(found: FoundPairs, path: Path, folder: Path) -> None:
    """Write the pairs to ``path``, and what goes with them into ``folder``: summary, near-duplicates, skipped items."""
    names = np.array(found.corpus.names, object)
    tables = {path: found.pairs, folder / "near_duplicates.parquet": found.same}
    files: list[tuple[Path, Callable[[Path], object]]] = [
        (where, _named(table, names).to_parquet) for where, table in tables.items()
    ]
    content = json.dumps(found.as_json(), indent=2)
    files.append((folder / "summary.json", lambda partial: partial.write_text(content, encoding="utf-8")))
    write_all(files)
    if found.corpus.skipped:
        write_skipped(folder / "skipped.csv", found.corpus.skipped)


class Chosen:
    """Some rows of vectors, read as they are asked for."""

    def __init__(self, vectors: Vectors, rows: np.ndarray) -> None:
        self.vectors, self.rows = vectors, rows
        self.shape = (len(rows), *vectors.shape[1:])

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, rows: Any) -> Any:
        return self.vectors[self.rows[rows]]


def _encoder(uri: str, device: str) -> Encoder:
    encoder = load_target(uri, device)
    if encoder.task not in TASKS:
        raise UsageError(f"{uri} is no encoder; pairs are of pictures or texts that two encoders turn into vectors")
    found: Encoder = encoder
    return found


def _vectors(encoder: Encoder, corpus: Corpus, folder: Path, what: str, progress: Progress) -> Vectors:
    total = len(corpus.used)
    cache = folder / "embeddings" / encoder.settings.key
    return embed(encoder, corpus.batches(encoder.prepare), cache, progress=lambda done: progress(what, done, total))


def _placed(frame: pd.DataFrame, rows: np.ndarray) -> pd.DataFrame:
    """Items by their place among the used ones instead of among the different ones."""
    return frame.assign(first=rows[frame["first"].to_numpy()], second=rows[frame["second"].to_numpy()])


def _named(frame: pd.DataFrame, names: np.ndarray) -> pd.DataFrame:
    ends = {f"{end}_name": names[frame[end].to_numpy()] for end in ("first", "second")}
    return frame.assign(**ends)
