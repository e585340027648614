"""Items read from a source, prepared for a target and held in memory.

Shapes: ``N`` items.
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from failscape.common import arrays
from failscape.data.base import Items, Prepare, Prepared, Skipped, Source, Unreadable
from failscape.data.batch import Batch, Images
from failscape.data.sample import draw
from failscape.data.split import held_out_together
from failscape.errors import UsageError

ToBatch = Callable[[Sequence[Any], np.ndarray], Batch]  # fields (N, ...) and labels (N,) in
_CHUNK = 256  # items asked of the threads at once; an interrupt waits for no more than these


def load_items(
    source: Source,
    prepare: Prepare,
    to_batch: ToBatch,
    *,
    device: str | torch.device,
    max_items: int = 5000,
    seed: int = 0,
    held_out_share: float = 0.2,
    progress: Callable[[int, int], None] | None = None,
) -> Items:
    """The items of a source, or a draw of them where there are more than ``max_items``, in the source's order.

    The draw is even over classes and depends on nothing but names, labels and the seed. An item that cannot be read is
    skipped and listed; where its class has items left, the next one of them takes its place. Items are held out by
    their names alone, except that of a handful at least one is on either side (``held_out_both``), and that copies,
    exact ones or nearly, are on the side of the first of them.

    Args:
        source: where the items are.
        prepare: gives the fields of one item as the target takes them, always of one shape; called in several threads.
        to_batch: makes a batch of those fields ``(N, ...)`` and the labels ``(N,)``.
        device: where the batch's tensors go.
        max_items: the most that are held in memory.
        seed: of the draw.
        held_out_share: about how many are held out, in [0, 1].
        progress: called with the numbers of items done and to do.

    Raises:
        UsageError: no item can be read, or a number is out of its range.
    """
    if max_items < 1:
        raise UsageError(f"max_items is {max_items}; it must be 1 or more")
    chosen, left = draw(source.names, source.labels, max_items, seed)
    rows, skipped = _Rows(len(chosen)), list(source.skipped)
    todo = list(enumerate(chosen.tolist()))
    settled = 0
    while todo:
        again = []
        for (row, index), read in zip(todo, _read_all(source, prepare, [index for _, index in todo]), strict=True):
            settled += 1
            if isinstance(read, Skipped):
                skipped.append(read)
                others = left.get(int(source.labels[index]))
                if others:
                    again.append((row, others.pop(0)))
                    settled -= 1
            else:
                rows.put(row, index, read)
            if progress:
                progress(settled, len(chosen))
        todo = again
    fields, used = rows.filled(skipped)
    names, batch = tuple(source.names[index] for index in used), to_batch(fields, source.labels[used]).to(device)
    original = batch.originals()
    return Items(
        batch=batch,
        group=source.labels[used],
        names=names,
        held_out=held_out_together(names, original, held_out_share),
        group_names=tuple(source.group_names),
        skipped=skipped,
        notes=source.notes,
        original=original if (original != np.arange(len(names))).any() else None,
    )


def load_images(source: Source, prepare: Callable[[Any], torch.Tensor], **options: Any) -> Items:
    """Pictures ``(N, 3, H, W)`` with their classes, as :func:`load_items` reads them; ``prepare`` gives pixels."""
    return load_items(
        source,
        lambda image: (prepare(image),),
        lambda fields, labels: Images(fields[0], torch.from_numpy(labels)),
        **options,
    )


def only_held_out(items: Items, share: float = 0.2) -> Items:
    """The held-out items alone; about ``share`` of them are held out in turn, by another hash of their names.

    Whatever learned from the others, such as a fine-tune, has seen none of these.
    """
    kept = np.flatnonzero(items.held_out)
    names = tuple(items.names[i] for i in kept)
    original = np.arange(len(kept)) if items.original is None else np.searchsorted(kept, items.original[kept])
    return replace(
        items,
        batch=items.batch.take(kept),
        group=items.group[kept],
        names=names,
        held_out=held_out_together([f"again {name}" for name in names], original, share),
        original=None if items.original is None else original,
    )


class _Rows:
    """Fields of ``N`` items that are filled in any order."""

    def __init__(self, n: int) -> None:
        self._fields: list[Any] | None = None  # of the kinds of the first item's
        self._source_indices = np.full(n, -1, dtype=np.int64)  # -1 where a row is empty

    def put(self, row: int, index: int, item: Prepared) -> None:
        if self._fields is None:
            self._fields = [arrays.room(len(self._source_indices), value) for value in item]
        for column, value in zip(self._fields, item, strict=True):
            shape, first = tuple(np.shape(value)), tuple(column.shape[1:])
            if shape != first:  # assigning would broadcast it
                raise ValueError(f"prepare gave shape {shape} after {first}")
            column[row] = value
        self._source_indices[row] = index

    def filled(self, skipped: Sequence[Skipped]) -> tuple[list[Any], np.ndarray]:
        """The filled rows of every field, and which item of the source each holds."""
        full = self._source_indices >= 0
        if self._fields is None:
            raise UsageError(f"no item can be read ({reasons(skipped)}); look at the files, or give other data")
        rows = np.flatnonzero(full)
        fields = self._fields if full.all() else [arrays.take(column, rows) for column in self._fields]
        return fields, self._source_indices[full]


def _read_all(source: Source, prepare: Prepare, indices: Sequence[int]) -> Iterator[Prepared | Skipped]:
    def read(index: int) -> Prepared | Skipped:
        try:
            return prepare(source.load(index))
        except Unreadable as reason:
            return Skipped(source.names[index], str(reason))

    with ThreadPoolExecutor(max_workers=min(16, os.cpu_count() or 1)) as pool:
        for start in range(0, len(indices), _CHUNK):
            yield from pool.map(read, indices[start : start + _CHUNK])


def reasons(skipped: Iterable[Skipped]) -> str:
    """``4 truncated, 2 not an image, 1 empty``: the commonest first, all duplicates as one, without details."""
    counts = Counter(_kind(item.reason) for item in skipped)
    return ", ".join(f"{count} {reason}" for reason, count in counts.most_common())


def _kind(reason: str) -> str:
    return "duplicate" if reason.startswith("duplicate of ") else reason.partition(" (")[0]


def write_skipped(path: str | Path, skipped: Iterable[Skipped]) -> None:
    """Writes a CSV file with the columns ``name`` and ``reason``."""
    with Path(path).open("w", newline="", encoding="utf-8", errors="backslashreplace") as file:
        writer = csv.writer(file)
        writer.writerow(Skipped._fields)
        writer.writerows(skipped)
