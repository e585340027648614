"""Mines a corpus for pairs that one encoder takes for alike and another one does not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from failscape.analysis.pairs.by_region import ByRegion, by_region
from failscape.analysis.pairs.differing import Differing, differing
from failscape.analysis.pairs.stability import Varied, varied
from failscape.common.atomic_write import write_all
from failscape.data.items import write_skipped
from failscape.data.pairs.corpus import Corpus
from failscape.data.pairs.regions import regions
from failscape.errors import UsageError
from failscape.targets.encoders.mining.findings import clusters, findings
from failscape.targets.encoders.mining.mining import Stripe, Thresholds
from failscape.targets.encoders.mining.resumable import mine_into
from failscape.targets.encoders.mining.thresholds import check_threshold, random_cosines, threshold
from failscape.targets.encoders.stored import is_stored
from failscape.targets.registry import with_option
from failscape.workflows.approximate_pairs import Approximate, mined_approximately
from failscape.workflows.pair_vectors import ROLES, PairVectors, pair_vectors
from failscape.workflows.read_facts import open_fact_reader
from failscape.workflows.vector_origins import Progress

REGIONS, OF_REGION = 8, 10  # of the corpus; blind pairs of each, on average, with fewer of which there are fewer
CENTRES = 10_000  # items at most that regions are fitted to
SAME = 0.75  # of the way from the higher threshold to 1: where near-duplicates begin


@dataclass(frozen=True)
class PairSearch:
    """What to compare with what."""

    target: str
    reference: str
    data: str  # empty where both are files of vectors, and items are called by their row
    above: str = "0.95"  # for the target: a cosine, or a quantile such as q0.999
    below: str = "0.6"  # for the reference
    same: float | None = None  # three quarters of the way from the higher of both to 1
    approximate: int | None = None  # nearest neighbors of each item that are proposed; None: every pair is compared
    vary: tuple[str, ...] = ()  # options of the target to mine again with, such as dtype=bfloat16
    prober: str | None = None  # encoder that reads facts from pictures by texts
    probes: str | None = None  # the file of the texts; the usual ones where omitted
    regions: int = REGIONS  # of the corpus, by which patterns are counted
    max_items: int | None = None
    seed: int = 0
    device: str = "auto"
    precision: str = "auto"


class Compared:
    """How much was compared."""

    corpus: Corpus
    n_copies: int  # items with the vectors of an earlier one, which were left out

    @property
    def n_items(self) -> int:
        """Items that pairs were made of."""
        return len(self.corpus.used) - self.n_copies

    @property
    def n_pairs(self) -> int:
        """Pairs of them."""
        return self.n_items * (self.n_items - 1) // 2


@dataclass(frozen=True)
class FoundPairs(Compared):
    """What there is."""

    search: PairSearch
    corpus: Corpus
    thresholds: Thresholds
    pairs: pd.DataFrame  # blind pairs: first, second, target, reference, blindness, repeats; items by their place
    same: pd.DataFrame  # near-duplicates
    n_copies: int  # items with the vectors of an earlier one, which were left out
    differing: list[Differing]  # facts, of the pairs that do not repeat another one
    by_region: ByRegion | None  # None where no fact is known, or there are few pairs
    varied: list[Varied]
    settings: dict[str, str]  # of both, in words
    sample: pd.DataFrame  # similarities of random pairs: target, reference
    approximate: Approximate | None  # the first stage; None where every pair was compared

    @property
    def counted(self) -> pd.DataFrame:
        """The pairs without those that repeat another one."""
        return self.pairs[~self.pairs["repeats"]].reset_index(drop=True)

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "search": asdict(self.search),
            "modality": self.corpus.modality,
            "settings": self.settings,
            "thresholds": self.thresholds._asdict(),
            "items": self.n_items,
            "copies": self.n_copies,
            "skipped": len(self.corpus.skipped),
            "pairs": self.n_pairs,
            "read": None if self.corpus.read is None else self.corpus.read.as_json(),
            "approximate": None if self.approximate is None else self.approximate.as_json(),
            "blind": len(self.pairs),
            "blind_counted": len(self.counted),
            "near_duplicates": len(self.same),
            "differing": [row._asdict() for row in self.differing],
            "by_region": None if self.by_region is None else self.by_region.as_json(),
            "varied": [row._asdict() for row in self.varied],
        }


def find_pairs(search: PairSearch, folder: Path, progress: Progress) -> FoundPairs:
    """All blind pairs; what ``folder`` holds of an earlier try is used.

    Raises:
        UsageError: see ``pair_vectors``; thresholds that mean nothing, an option that the target does not have.
    """
    options = _options(search)
    reader = None
    if search.prober is not None:
        reader = open_fact_reader(search.prober, search.probes, search.device, search.target)
    for given, name in ((search.above, "--above"), (search.below, "--below")):
        check_threshold(given, name)
    vectors = pair_vectors(
        search.target,
        search.reference,
        search.data,
        folder,
        progress,
        max_items=search.max_items,
        seed=search.seed,
        device=search.device,
    )
    if reader is not None:
        vectors.corpus.read = reader.read(vectors.corpus, folder, progress)
    bounds = _thresholds(search, vectors)
    approximate: Approximate | None = None
    if search.approximate is None:
        mined = _mined(search, vectors, bounds, folder, progress)
    else:
        mined, approximate = mined_approximately(
            vectors, bounds, search.approximate, search.seed, search.precision, progress
        )
    pairs = findings(mined.blind, clusters(len(vectors.items), mined.same))
    others = []
    for option, value in options:
        uri = with_option(search.target, option, value)
        other = vectors.with_target(uri, folder, progress)
        changed = _thresholds(search, other)
        again = _mined(search, other, changed, folder, progress)
        others.append(varied(f"{option}={value}", mined.blind, again.blind, changed.target))
    pairs, same = (placed(frame, vectors.items) for frame in (pairs, mined.same))
    corpus, counted = vectors.corpus, pairs[~pairs["repeats"]]
    similarities = {name: random_cosines(getattr(vectors, name), search.seed) for name in ROLES}
    return FoundPairs(
        search,
        corpus,
        bounds,
        pairs,
        same,
        vectors.n_copies,
        _differing(search, corpus, counted),
        _by_region(search, vectors, counted),
        others,
        {name: str(origin) for name, origin in zip(ROLES, vectors.origins, strict=True)},
        pd.DataFrame(similarities),
        approximate,
    )


def write_pairs(found: FoundPairs, path: Path, folder: Path) -> None:
    """Write the pairs to ``path``, and what goes with them into ``folder``: summary, near-duplicates, skipped items."""
    names = np.array(found.corpus.names, object)
    tables = {path: found.pairs, folder / "near_duplicates.parquet": found.same}
    files: list[tuple[Path, Callable[[Path], object]]] = [
        (where, named(table, names).to_parquet) for where, table in tables.items()
    ]
    content = json.dumps(found.as_json(), indent=2)
    files.append((folder / "summary.json", lambda partial: partial.write_text(content, encoding="utf-8")))
    if len(found.corpus.facts.columns):
        files.append((folder / "facts.parquet", found.corpus.facts.assign(item=found.corpus.names).to_parquet))
    write_all(files)
    write_left_out(folder, found.corpus)


def write_left_out(folder: Path, corpus: Corpus) -> None:
    """List the items that could not be read; nothing, not even of an earlier search, where there is none."""
    if corpus.skipped:
        write_skipped(folder / "skipped.csv", corpus.skipped)
    else:
        (folder / "skipped.csv").unlink(missing_ok=True)


def _thresholds(search: PairSearch, vectors: PairVectors) -> Thresholds:
    above = threshold(search.above, vectors.target, "--above", search.seed)
    below = threshold(search.below, vectors.reference, "--below", search.seed)
    higher = max(above, below)
    found = Thresholds(above, below, higher + SAME * (1 - higher) if search.same is None else search.same)
    found.check()
    return found


def _mined(search: PairSearch, vectors: PairVectors, bounds: Thresholds, folder: Path, progress: Progress) -> Stripe:
    """The pairs; what is done is kept in a folder of this very search until it ends."""
    identity = {"vectors": vectors.digest, **bounds._asdict()}
    parts = folder / "parts" / blake2b(json.dumps(identity).encode(), digest_size=8).hexdigest()
    found = mine_into(
        parts,
        vectors.target,
        vectors.reference,
        bounds,
        identity,
        precision=search.precision,
        device=vectors.device,
        progress=lambda done, of: progress("comparing pairs", done, of),
    )
    shutil.rmtree(parts.parent)
    return found


def _differing(search: PairSearch, corpus: Corpus, pairs: pd.DataFrame) -> list[Differing]:
    """Facts that are known, and those that were read, which are tested by themselves."""
    facts = corpus.facts
    read = [name for name in facts.columns if corpus.read is not None and name in corpus.read.facts]
    parts = facts.drop(columns=read), facts[read]
    return [row for part in parts for row in differing(pairs, part, corpus.patterns, search.seed)]


def _by_region(search: PairSearch, vectors: PairVectors, pairs: pd.DataFrame) -> ByRegion | None:
    """Facts by regions, which are clusters of the target's vectors."""
    facts, patterns = vectors.corpus.facts, vectors.corpus.patterns
    n_different = len(vectors.items)
    centres = np.random.default_rng(search.seed).permutation(n_different)[:CENTRES]
    n_regions = min(search.regions, len(pairs) // OF_REGION, len(centres))
    if n_regions < 2 or not len(facts.columns):
        return None
    place = np.zeros(len(vectors.corpus.used), np.int64)
    place[vectors.items] = np.arange(n_different)
    rows = np.union1d(centres, place[pairs["first"].to_numpy()])
    group, names = regions(np.asarray(vectors.target[rows]), np.isin(rows, centres), n_regions)
    region = np.zeros(n_different, np.int64)
    region[rows] = group
    return by_region(pairs, facts, patterns, region[place], vectors.items[centres], names)


def _options(search: PairSearch) -> list[tuple[str, str]]:
    """What to vary."""
    if search.vary and is_stored(search.target):
        raise UsageError(f"{search.target} is computed already, and has no options; leave --vary out")
    if search.vary and search.approximate is not None:
        raise UsageError(
            "--vary tells which pairs appear and vanish, and an approximate search misses some each time; "
            "leave --vary or --approximate out"
        )
    return [_option(text) for text in search.vary]


def _option(text: str) -> tuple[str, str]:
    option, equals, value = text.partition("=")
    if not (option and equals and value):
        raise UsageError(f"--vary takes an option of the target and its value, such as dtype=bfloat16, not {text!r}")
    return option, value


def placed(frame: pd.DataFrame, items: np.ndarray) -> pd.DataFrame:
    """Items by their place among the used ones instead of among the different ones."""
    return frame.assign(first=items[frame["first"].to_numpy()], second=items[frame["second"].to_numpy()])


def named(frame: pd.DataFrame, names: np.ndarray) -> pd.DataFrame:
    """With the names of both items, by their place among the used ones, in ``first_name`` and ``second_name``."""
    ends = {f"{end}_name": names[frame[end].to_numpy()] for end in ("first", "second")}
    return frame.assign(**ends)
