"""Finds captioned pictures of which each is more similar to the other's caption than to its own."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from failscape.analysis.pairs.differing import Differing, differing
from failscape.common.atomic_write import write_all
from failscape.data.pairs.captioned import CaptionedSource, open_captioned
from failscape.data.pairs.corpus import IMAGE, Corpus, drawn_from
from failscape.errors import UsageError
from failscape.targets.encoders.mining.confounded import confounded
from failscape.targets.encoders.stored import is_stored
from failscape.workflows.pair_vectors import PairVectors, both_vectors, check_rows, rows, same_rows
from failscape.workflows.pairs import Compared, named, placed, write_left_out
from failscape.workflows.vector_origins import Encoded, Origin, Progress, load_origin, text_tower

DOING = "embedding pictures", "embedding captions"
COLUMNS = "first", "second", "first_name", "second_name", "first_gap", "second_gap", "first_caption", "second_caption"


@dataclass(frozen=True)
class ConfoundedSearch:
    """What to compare with what."""

    target: str  # a tower of pictures beside which there is one of texts, or a file of the pictures' vectors
    data: str  # captioned pictures; may be empty where both are files, and items are called by their row
    captions: str = ""  # a file of the captions' vectors, where the target is a file
    max_items: int | None = None
    seed: int = 0
    device: str = "auto"
    precision: str = "auto"


@dataclass(frozen=True)
class FoundConfounded(Compared):
    """What there is."""

    search: ConfoundedSearch
    corpus: Corpus
    captions: list[str] | None  # of the used items (N,); None where only vectors are known
    pairs: pd.DataFrame  # first, second, first_gap, second_gap; items by their place, largest smaller gap first
    n_copies: int  # items with the vectors of an earlier one, which were left out
    differing: list[Differing]  # facts
    settings: dict[str, str]  # of both towers, in words

    @property
    def n_in_pairs(self) -> int:
        """Captioned pictures that are in one confounded pair or more."""
        return int(np.unique(self.pairs[["first", "second"]].to_numpy()).size)

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "search": asdict(self.search),
            "settings": self.settings,
            "items": self.n_items,
            "copies": self.n_copies,
            "skipped": len(self.corpus.skipped),
            "pairs": self.n_pairs,
            "confounded": len(self.pairs),
            "items_in_pairs": self.n_in_pairs,
            "differing": [row._asdict() for row in self.differing],
        }


def find_confounded(search: ConfoundedSearch, folder: Path, progress: Progress) -> FoundConfounded:
    """All confounded pairs; embeddings that ``folder`` holds of an earlier try are used.

    Raises:
        UsageError: a target without two towers in one space, data that cannot be read or are missing, files that are of
            other items, fewer than two different items.
    """
    if is_stored(search.target) != bool(search.captions):
        raise UsageError(
            f"{search.target}: confounded pairs of files need two, one of pictures and one of their captions "
            "(--target npy:PICTURES.npy --reference npy:CAPTIONS.npy); an encoder embeds both, and needs --data alone"
        )
    if not (search.data or search.captions):
        raise UsageError(f"pairs of {search.target} need --data")
    progress("loading the encoders", 0, 0)
    source = open_captioned(search.data) if search.data else None
    origins = _origins(search, source)
    vectors = _vectors(search, source, origins, folder, progress)
    found = confounded(
        vectors.target,
        vectors.reference,
        precision=search.precision,
        device=vectors.device,
        progress=lambda done, of: progress("comparing pairs", done, of),
    )
    pairs, corpus = _ranked(placed(found, vectors.items)), vectors.corpus
    return FoundConfounded(
        search,
        corpus,
        None if source is None else [source.caption(index) for index in corpus.used.tolist()],
        pairs,
        vectors.n_copies,
        differing(pairs, corpus.facts, corpus.patterns, search.seed),
        {name: str(origin) for name, origin in zip(("pictures", "captions"), origins, strict=True)},
    )


def write_confounded(found: FoundConfounded, path: Path, folder: Path) -> None:
    """Write the pairs to ``path``, and what goes with them into ``folder``: summary and skipped items."""
    table = named(found.pairs, np.array(found.corpus.names, object))
    captions = np.full(len(found.corpus.used), None, object)
    if found.captions is not None:
        captions[:] = found.captions
    said = {f"{end}_caption": captions[found.pairs[end].to_numpy()] for end in ("first", "second")}
    table = table.assign(**said)[[*COLUMNS]]
    content = json.dumps(found.as_json(), indent=2)
    write_all(
        [
            (path, table.to_parquet),
            (folder / "summary.json", lambda partial: partial.write_text(content, encoding="utf-8")),
        ]
    )
    write_left_out(folder, found.corpus)


def _origins(search: ConfoundedSearch, source: CaptionedSource | None) -> tuple[Origin, Origin]:
    """Of pictures and of captions; without a source both are files."""
    of_pictures = load_origin(search.target, search.device)
    if source is None or search.captions:
        return of_pictures, load_origin(search.captions, search.device)
    if of_pictures.reads != IMAGE:
        raise UsageError(
            f"{search.target} reads texts; give its tower of pictures, beside which that of texts is found"
        )
    return of_pictures, Encoded(search.target, text_tower(search.target, search.device), source.caption)


def _vectors(
    search: ConfoundedSearch,
    source: CaptionedSource | None,
    origins: tuple[Origin, Origin],
    folder: Path,
    progress: Progress,
) -> PairVectors:
    n_rows = same_rows(origins)
    if source is None:
        corpus = rows(n_rows, search.max_items, search.seed)
    else:
        corpus = drawn_from(source, IMAGE, search.max_items, search.seed)
        check_rows(origins, search.data, corpus)
    name = search.data or search.target
    found = both_vectors(corpus, name, origins, folder, progress, search.device, DOING)
    n_features = found.target.shape[1], found.reference.shape[1]
    if n_features[0] != n_features[1]:
        raise UsageError(
            f"vectors of pictures have {n_features[0]} features and those of captions {n_features[1]}; "
            "both must lie in one space"
        )
    return found


def _ranked(pairs: pd.DataFrame) -> pd.DataFrame:
    """The pair whose smaller gap is largest first; of equals that of the first items."""
    smaller = pairs[["first_gap", "second_gap"]].min(axis=1)
    return pairs.loc[smaller.sort_values(ascending=False, kind="stable").index].reset_index(drop=True)
