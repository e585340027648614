"""Items that pairs are mined from: pictures or texts as any other data, with what is known of each.

Shapes: ``N`` items.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch

from failscape.data.base import Skipped, Source, Unreadable
from failscape.data.images.open import open_pictures
from failscape.data.items import reasons
from failscape.data.sample import draw
from failscape.data.street.traffic.factors import FACTORS, table
from failscape.data.street.traffic.source import TrafficSource
from failscape.data.texts.open import open_texts
from failscape.errors import UsageError

IMAGE, TEXT, ROW = "image", "text", "row"  # what items are; of a row nothing is known but its number
NOUNS = {IMAGE: "picture", TEXT: "text", ROW: "item"}
READ = " (read)"  # after the name of a fact that an encoder read
BATCH = 256  # items that are read at once


class ReadFacts(NamedTuple):
    """What an encoder reads from pictures by texts."""

    facts: pd.DataFrame  # (N, C) a categorical column for each, whose name ends with READ
    patterns: dict[str, str]  # the visual pattern of MMVP that a fact stands for, by its name
    by: str  # the encoder as the user named it
    settings: str  # what decides its vectors, in one line
    texts: dict[str, dict[str, list[str]]]  # of each value of each fact

    def as_json(self) -> dict[str, Any]:
        """Plain values, without the facts."""
        return {"by": self.by, "settings": self.settings, "texts": self.texts, "patterns": self.patterns}

    def __str__(self) -> str:
        return (
            f"{self.by} read facts from the pictures, of each the value whose texts fit best. How often that is right "
            "was not measured. Pairs that are alike to the target are also more alike to an encoder that resembles it: "
            "that such a fact differs less often may say no more than that."
        )


@dataclass
class Corpus:
    """A source of pictures, texts or mere rows, of which some are used."""

    source: Source
    modality: str
    used: np.ndarray  # (N,) int64 indices into the source
    skipped: list[Skipped]
    read: ReadFacts | None = None  # where an encoder read facts

    @property
    def names(self) -> list[str]:
        """Of the used items ``(N,)``."""
        return [self.name(item) for item in range(len(self.used))]

    def name(self, item: int) -> str:
        """Of a used item."""
        return self.source.names[int(self.used[item])]

    @property
    def facts(self) -> pd.DataFrame:
        """What is known of the used items, a categorical column for each fact ``(N, C)``.

        Factors of scenes, else the group, and beside them what an encoder read.
        """
        return self._known if self.read is None else pd.concat([self._known, self.read.facts], axis=1)

    @property
    def _known(self) -> pd.DataFrame:
        if isinstance(self.source, TrafficSource):
            scenes = [self.source.scenes[index] for index in self.used.tolist()]
            return table(scenes).drop(columns="detail")
        if len(self.source.group_names) < 2:
            return pd.DataFrame(index=range(len(self.used)))
        names = [self.source.group_names[label] for label in self.source.labels[self.used].tolist()]
        return pd.DataFrame({"group": pd.Categorical(names, categories=list(dict.fromkeys(self.source.group_names)))})

    @property
    def patterns(self) -> dict[str, str]:
        """The visual pattern of MMVP that a fact stands for, by the name of the fact."""
        known = FACTORS if isinstance(self.source, TrafficSource) else ()
        read = {} if self.read is None else self.read.patterns
        return {factor.name: factor.pattern for factor in known if factor.pattern} | read

    def load(self, item: int) -> Any:
        """A PIL picture, or a text; raises ``Unreadable`` where there is neither."""
        found = self.source.load(int(self.used[item]))
        return found if self.modality == IMAGE else found[0]

    def batches(self, prepare: Callable[[Any], Any], size: int = BATCH) -> Iterator[Any]:
        """Inputs of an encoder in order: ``(B, ...)`` tensors of pictures, ``(B,)`` arrays of texts.

        Items that cannot be read are no longer used, and listed.

        Raises:
            UsageError: none can be read.
        """
        todo, kept = self.used, []
        with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
            for start in range(0, len(todo), size):
                some = todo[start : start + size].tolist()
                read = list(pool.map(lambda index: self._read(index, prepare), some))
                good = [item for item in read if not isinstance(item, Skipped)]
                self.skipped += [item for item in read if isinstance(item, Skipped)]
                kept += [index for index, item in zip(some, read, strict=True) if not isinstance(item, Skipped)]
                if good:
                    yield torch.stack(good) if self.modality == IMAGE else np.array(good, object)
        self.used = np.array(kept, np.int64)
        if not kept:
            raise UsageError(f"no item can be read ({reasons(self.skipped)}); look at the files, or give other data")

    def _read(self, index: int, prepare: Callable[[Any], Any]) -> Any:
        try:
            found = self.source.load(index)
            return prepare(found if self.modality == IMAGE else found[0])
        except Unreadable as reason:
            return Skipped(self.source.names[index], str(reason))


class Rows:
    """Items of which nothing is known: they are called by their row, and cannot be shown.

    Args:
        n: how many there are.
    """

    notes: tuple[str, ...] = ()
    group_names: Sequence[str] = ("all",)

    def __init__(self, n: int) -> None:
        self.names: Sequence[str] = [f"row {row}" for row in range(n)]
        self.labels = np.zeros(n, np.int64)
        self.skipped: list[Skipped] = []

    def load(self, index: int) -> Any:
        """Nothing.

        Raises:
            Unreadable: always.
        """
        raise Unreadable(f"nothing but the row is known of {self.names[index]}")


def open_corpus(spec: str | Path, modality: str, max_items: int | None = None, seed: int = 0) -> Corpus:
    """The data that the user named, as pictures or as texts.

    Args:
        spec: as in ``open_pictures`` or ``open_texts``.
        modality: ``image`` or ``text``.
        max_items: draw so many, evenly over groups, where there are more.
        seed: of the draw.

    Raises:
        UsageError: the data cannot be found or read.
    """
    source = open_pictures(spec) if modality == IMAGE else open_texts(spec)
    return drawn_from(source, modality, max_items, seed)


def open_either(spec: str | Path, max_items: int | None = None, seed: int = 0) -> Corpus:
    """The same where no encoder says whether it reads pictures or texts: pictures, where the data can be read as such.

    Raises:
        UsageError: the data can be read as neither.
    """
    try:
        return open_corpus(spec, IMAGE, max_items, seed)
    except UsageError as error:
        of_pictures = error
    try:
        return open_corpus(spec, TEXT, max_items, seed)
    except UsageError as of_texts:
        raise UsageError(f"{spec} holds neither pictures ({of_pictures}) nor texts ({of_texts})") from None


def drawn_from(source: Source, modality: str, max_items: int | None = None, seed: int = 0) -> Corpus:
    """A source with all of its items used, or a draw of them, evenly over groups, where there are more."""
    used = np.arange(len(source.names))
    if max_items is not None and max_items < len(used):
        used = np.sort(draw(source.names, source.labels, max_items, seed)[0])
    return Corpus(source, modality, used, list(source.skipped))
