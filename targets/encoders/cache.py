"""A folder of embeddings: computed once for each content, kept in memory-mapped shards, resumable at any moment.

``encoder.json`` says whose vectors they are, ``rows.sqlite`` which row belongs to which content, and ``NNNNN.npy`` hold
the rows. A row is entered in the table after it is on the disk, in one transaction per batch: a process that is killed
leaves a table that is right, and rows beyond it that are written again.

Shapes: ``N`` items in order, ``R`` rows of a shard, ``B`` batch, ``F`` features (or ``T, F`` of tokens).
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from failscape.common import arrays
from failscape.common.atomic_write import write_all
from failscape.common.safe_open import read_small, regular
from failscape.errors import UsageError
from failscape.targets.encoders.base import Encoder
from failscape.targets.encoders.embeddings import Embeddings

IDENTITY, TABLE = "encoder.json", "rows.sqlite"
SHARD_BYTES = 1 << 26  # of the rows of a shard; a file has this size from the start, and is sparse where it is allowed
DTYPES = ("float32", "float16")
ASKED_AT_ONCE = 500  # contents per question to the table: SQLite takes no more than 999 parameters


def embed(
    encoder: Encoder,
    batches: Iterable[Any],
    folder: str | Path,
    *,
    dtype: str = "float32",
    progress: Callable[[int], object] | None = None,
) -> Embeddings:
    """The embeddings of items, computed where the folder does not have them yet.

    What is in memory is one batch and 8 bytes per item.

    Args:
        encoder: What embeds them.
        batches: Inputs of the encoder, ``(B, 3, H, W)`` uint8 or ``(B,)`` texts, one batch after the other.
        folder: Of the cache; made where there is none.
        dtype: In which rows are kept: ``float32``, or ``float16``, which rounds them to eleven bits.
        progress: Called after each batch with the number of items so far.

    Returns:
        ``(N, F)`` in the order of the items; items of one content share a row.

    Raises:
        UsageError: The folder is of another encoder, setting or ``dtype``, or is damaged; there is no batch.
    """
    folder = Path(folder)
    if dtype not in DTYPES:
        raise UsageError(f"embeddings are kept as {' or '.join(DTYPES)}, not as '{dtype}'")
    wanted: dict[str, Any] = {**asdict(encoder.settings), "kept": dtype}
    cache: _Cache | None = None
    rows: list[np.ndarray] = []
    n = 0
    for batch in batches:
        if isinstance(batch, str):
            raise UsageError(
                "a batch is a list or an array of texts and not one text; in_batches(texts, 256) makes them"
            )
        inputs = np.asarray(batch, object) if isinstance(batch, Sequence) else batch
        cache = cache or _opened(encoder, inputs, folder, wanted)
        rows.append(cache.rows_of(encoder, inputs))
        n += len(inputs)
        if progress is not None:
            progress(n)
    if cache is None:
        raise UsageError("there is nothing to embed: give at least one batch")
    return Embeddings(folder, np.concatenate(rows), cache.shape, cache.dtype, cache.room)


def in_batches(inputs: Any, size: int) -> Iterator[Any]:
    """Inputs ``(N, ...)`` that are in memory as batches of ``size``.

    Raises:
        UsageError: ``size`` is below 1.
    """
    if size < 1:
        raise UsageError(f"a batch has 1 item or more, not {size}")
    for start in range(0, len(inputs), size):
        yield inputs[start : start + size]


def _opened(encoder: Encoder, inputs: Any, folder: Path, wanted: dict[str, Any]) -> _Cache:
    """The cache of a folder that is found to be this encoder's, or is made."""
    path = folder / IDENTITY
    if not path.exists():
        if folder.exists() and any(folder.iterdir()):
            raise UsageError(f"{folder} is no cache of embeddings, and not empty; give another folder")
        shape = tuple(encoder(inputs[:0]).embeddings.shape[1:])
        room = max(1, SHARD_BYTES // (math.prod(shape) * np.dtype(wanted["kept"]).itemsize))
        content = json.dumps({"settings": wanted, "shape": shape, "rows_per_shard": room}, indent=2)
        folder.mkdir(parents=True, exist_ok=True)
        write_all([(path, lambda partial: partial.write_text(content, encoding="utf-8"))])
        return _Cache(folder, shape, room, wanted["kept"])
    try:
        found = json.loads(read_small(path))
        settings, shape, room = dict(found["settings"]), tuple(map(int, found["shape"])), int(found["rows_per_shard"])
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"{path} is damaged; give another folder") from None
    differing = [key for key in wanted if settings.get(key) != wanted[key]]
    if differing == ["kept"]:
        raise UsageError(
            f"{folder} keeps its rows as {settings.get('kept')}, not as {wanted['kept']}; give another folder"
        )
    if differing:
        said = ", ".join(f"{key.replace('_', ' ')} {settings.get(key)!r} and not {wanted[key]!r}" for key in differing)
        raise UsageError(f"{folder} holds embeddings of another encoder: {said}; give another folder")
    return _Cache(folder, shape, room, wanted["kept"])


class _Cache:
    """The rows of a folder, to which more are added."""

    def __init__(self, folder: Path, shape: tuple[int, ...], room: int, dtype: str) -> None:
        self.folder, self.shape, self.room, self.dtype = folder, shape, room, np.dtype(dtype)

    def rows_of(self, encoder: Encoder, inputs: Any) -> np.ndarray:
        """The row of each input ``(B,)``; what has none yet is embedded, once for each content."""
        digests = arrays.digests(inputs)
        with self._table() as table:
            known = _find(table, digests)
        new = {digest: place for place, digest in enumerate(digests) if digest not in known}
        if new:
            vectors = encoder(arrays.take(inputs, np.array(list(new.values())))).embeddings.cpu().numpy()
            if vectors.shape[1:] != self.shape:
                raise UsageError(f"{self.folder} has vectors of {self.shape}, {encoder.name} gives {vectors.shape[1:]}")
            known |= self._add(list(new), vectors)
        return np.array([known[digest] for digest in digests], np.int64)

    def _add(self, digests: list[bytes], vectors: np.ndarray) -> dict[bytes, int]:
        """Rows for contents that had none when they were looked for; another process may have added some since."""
        with self._table() as table:
            table.execute("BEGIN IMMEDIATE")
            known = _find(table, digests)
            places = [place for place, digest in enumerate(digests) if digest not in known]
            (first,) = table.execute("SELECT COALESCE(MAX(row) + 1, 0) FROM rows").fetchone()
            self._write(first, vectors[places])
            added = [(digests[place], first + n) for n, place in enumerate(places)]
            table.executemany("INSERT INTO rows VALUES (?, ?)", added)
            table.execute("COMMIT")
        return known | dict(added)

    def _write(self, first: int, vectors: np.ndarray) -> None:
        row = first
        while row < first + len(vectors):
            number, start = divmod(row, self.room)
            part = vectors[row - first : row - first + self.room - start]
            path = self.folder / f"{number:05d}.npy"
            if not path.exists():
                write_all([(path, self._empty)])
            shard = np.lib.format.open_memmap(regular(path), mode="r+")
            if shard.shape != (self.room, *self.shape) or shard.dtype != self.dtype:
                raise UsageError(
                    f"{path} is damaged: {shard.shape} {shard.dtype}; remove {self.folder} and start again"
                )
            shard[start : start + len(part)] = part
            shard.flush()
            row += len(part)

    def _empty(self, path: Path) -> None:
        np.lib.format.open_memmap(path, "w+", self.dtype, (self.room, *self.shape)).flush()

    @contextmanager
    def _table(self) -> Iterator[sqlite3.Connection]:
        path = self.folder / TABLE
        if path.exists():
            regular(path)
        try:
            with closing(sqlite3.connect(path, timeout=600, isolation_level=None)) as table:
                table.execute("CREATE TABLE IF NOT EXISTS rows (digest BLOB PRIMARY KEY, row INTEGER) WITHOUT ROWID")
                yield table
        except sqlite3.DatabaseError as error:
            raise UsageError(f"{path} cannot be used: {error}; remove {self.folder} and start again") from error


def _find(table: sqlite3.Connection, digests: Sequence[bytes]) -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    wanted = list(dict.fromkeys(digests))
    for some in in_batches(wanted, ASKED_AT_ONCE):
        marks = ", ".join("?" * len(some))
        found.update(table.execute(f"SELECT digest, row FROM rows WHERE digest IN ({marks})", some).fetchall())
    return found
