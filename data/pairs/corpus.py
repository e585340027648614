"""Items that pairs are mined from: pictures or texts as any other data, with what is known of each.

Shapes: ``N`` items.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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

IMAGE, TEXT = "image", "text"
BATCH = 256  # items that are read at once


@dataclass
class Corpus:
    """A source of pictures or texts, of which some are used."""

    source: Source
    modality: str
    used: np.ndarray  # (N,) int64 indices into the source
    skipped: list[Skipped]

    @property
    def names(self) -> list[str]:
        """Of the used items ``(N,)``."""
        return [self.source.names[index] for index in self.used.tolist()]

    @property
    def facts(self) -> pd.DataFrame:
        """What is known of the used items, a categorical column for each fact ``(N, C)``: factors, else the group."""
        if isinstance(self.source, TrafficSource):
            scenes = [self.source.scenes[index] for index in self.used.tolist()]
            return table(scenes).drop(columns="detail")
        if len(self.source.group_names) < 2:
            return pd.DataFrame(index=range(len(self.used)))
        names = [self.source.group_names[label] for label in self.source.labels[self.used].tolist()]
        return pd.DataFrame({"group": pd.Categorical(names, categories=list(dict.fromkeys(self.source.group_names)))})

    @property
    def patterns(self) -> dict[str, str]:
        """The visual pattern of MMVP that a fact stands for, by the name of the fact; of scenes alone."""
        known = FACTORS if isinstance(self.source, TrafficSource) else ()
        return {factor.name: factor.pattern for factor in known if factor.pattern}

    def load(self, item: int) -> Any:
        """A PIL picture, or a text."""
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
    used = np.arange(len(source.names))
    if max_items is not None and max_items < len(used):
        used = np.sort(draw(source.names, source.labels, max_items, seed)[0])
    return Corpus(source, modality, used, list(source.skipped))
