"""Blind pairs of pictures that people ask questions about: which there are, what is known of them, what was written."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from failscape.analysis.pairs.differing import facts_that_differ
from failscape.common.format import a_few, first_sentence
from failscape.common.safe_open import read_small, regular
from failscape.data.base import Unreadable
from failscape.data.pairs.corpus import IMAGE, Corpus, open_corpus
from failscape.errors import UsageError
from failscape.records.questions import FILE, PICTURES, QuestionStore
from failscape.targets.encoders.mining.findings import blindest

COLUMNS = ("first_name", "second_name", "target", "reference", "blindness", "repeats", "first", "second")


@dataclass(frozen=True)
class AskedPair:
    """A pair, as a question is about it."""

    key: str  # changes with the names of its pictures
    rank: int  # from 1, the blindest
    first: str  # name of the picture
    second: str
    target: float  # similarities
    reference: float


class QuestionSession:
    """The blind pairs of one table, ready to be asked about; those that repeat another one are left out.

    Args:
        path: the table that ``failscape pairs`` wrote.
        data: where the pictures lie now; where they were mined, where omitted.

    Raises:
        UsageError: the table or the summary beside it cannot be read, the pairs are of texts, or there are none.
    """

    def __init__(self, path: Path, data: str | None = None) -> None:
        self.path, self.store_path = path, path.with_suffix("") / FILE
        self.search = _search(path)
        self.data = data or str(self.search["data"])
        self.table = _table(path)
        ranked = blindest(self.table, len(self.table))
        if ranked.empty:
            raise UsageError(f"{path} holds no blind pairs to ask about; mine again with other thresholds")
        rows = ranked[list(COLUMNS[:4])].to_numpy(object).tolist()
        pairs = [AskedPair(_key(row[0], row[1]), rank, *row) for rank, row in enumerate(rows, start=1)]
        self.pairs: Mapping[str, AskedPair] = {pair.key: pair for pair in pairs}
        self.ranked = pairs

    def pair_of(self, first: str, second: str) -> AskedPair | None:
        """The pair of two pictures by their names; None where it is none of these."""
        return self.pairs.get(_key(first, second))

    def repeats(self, first: str, second: str) -> bool:
        """Whether the table has two pictures, by their names in any order, as a pair that repeats another one."""
        ends = self.table[list(COLUMNS[:2])][self.table["repeats"]]
        return {first, second} in [set(row) for row in ends.itertuples(index=False)]

    def named(self, said: str) -> str:
        """The name of a picture that is given by it or by its place in the table; as it is where it is neither."""
        return said if said in self._names.values() else self._names.get(said, said)

    @cached_property
    def _names(self) -> dict[str, str]:
        """Names of all pictures in the table by their places, as text."""
        places = np.concatenate([self.table[end].to_numpy() for end in PICTURES])
        names = np.concatenate([self.table[f"{end}_name"].to_numpy(object) for end in PICTURES])
        return dict(zip(map(str, places.tolist()), names.tolist(), strict=True))

    @cached_property
    def corpus(self) -> Corpus:
        """The pictures.

        Raises:
            UsageError: they cannot be found, or some of the pairs' are missing.
        """
        most = self.search["max_items"]
        try:
            corpus = open_corpus(self.data, IMAGE, most, self.search["seed"])
        except UsageError as error:
            raise UsageError(f"{error}; --data names the place of the pictures of {self.path}") from None
        known = set(corpus.names)
        missing = sorted({name for pair in self.ranked for name in (pair.first, pair.second)} - known)
        if missing:
            raise UsageError(
                f"{self.data} has no longer what {self.path} names: {a_few(missing)}; --data names where they lie now"
            )
        return corpus

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.corpus.names)}

    @cached_property
    def _facts(self) -> pd.DataFrame:
        return self.corpus.facts

    def differs(self, pair: AskedPair) -> list[str]:
        """Known facts in which the two differ, as ``facing: left, right``."""
        return facts_that_differ(self._facts, (self._places[pair.first], self._places[pair.second]))

    def picture(self, pair: AskedPair, which: str) -> np.ndarray:
        """One of its pictures, ``first`` or ``second``: ``(H, W, 3)`` uint8.

        Raises:
            UsageError: it can no longer be read.
        """
        name = pair.first if which == PICTURES[0] else pair.second
        try:
            return np.asarray(self.corpus.load(self._places[name]))
        except Unreadable as reason:
            raise UsageError(f"{name} of {self.data} can no longer be read: {reason}; put it back") from None

    def counting(self, store: QuestionStore) -> pd.DataFrame:
        """What counts of the pairs of this table, the blindest first: as the store has it, and ``key`` of the pair."""
        frame = store.counting()
        keys = [_key(first, second) for first, second in zip(frame["first"], frame["second"], strict=True)]
        here = frame.assign(key=pd.Series(keys, frame.index, object))
        here = here[here["key"].isin(list(self.pairs))]
        ranks = here["key"].map(lambda key: self.pairs[key].rank).astype(int)
        return here.loc[ranks.sort_values(kind="stable").index]


def _key(first: str, second: str) -> str:
    return blake2b(json.dumps([first, second]).encode(), digest_size=8).hexdigest()


def _search(path: Path) -> dict[str, Any]:
    """How the pairs were mined."""
    file = path.with_suffix("") / "summary.json"
    if path.suffix != ".parquet":
        raise UsageError(f"{path} is no table of pairs; give the .parquet file that failscape pairs wrote")
    try:
        summary = json.loads(read_small(file))
        search, modality = dict(summary["search"]), str(summary["modality"])
        found = {name: search[name] for name in ("data", "seed", "max_items")}
    except OSError as error:
        raise UsageError(
            f"cannot read {file}: {error.strerror}; it lies beside the table that failscape pairs wrote"
        ) from None
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"{file} does not say what was mined; run failscape pairs again to write it anew") from None
    if modality != IMAGE:
        raise UsageError(f"{path} holds pairs of {modality}s; questions are about pairs of pictures")
    return found


def _table(path: Path) -> pd.DataFrame:
    import pyarrow as pa

    try:
        table = pd.read_parquet(regular(path))
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(f"{path} cannot be read: {first_sentence(error)}; run failscape pairs again") from None
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise UsageError(f"{path} lacks the columns {', '.join(missing)}; give the table that failscape pairs wrote")
    return table
