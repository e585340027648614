"""``npy:FILE``: vectors that are computed already, in an ``.npy`` file, where else an encoder would give them.

Shapes: ``N`` items, ``F`` features.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import numpy as np

from failscape.common.format import first_sentence
from failscape.common.safe_open import regular
from failscape.common.uri import parse_uri
from failscape.errors import UsageError, closest

SCHEME = "npy"
DTYPES = ("float16", "float32", "float64")
MAGIC = b"\x93NUMPY"
_CHUNK = 1 << 20  # bytes of a file that are hashed at a time


@dataclass(frozen=True)
class StoredVectors:
    """What a file holds, as a memory map."""

    uri: str
    path: Path
    array: np.ndarray  # (N, F) of one of DTYPES

    @cached_property
    def digest(self) -> str:
        """The first 16 letters of the SHA-256 of the file, as ``sha256sum`` prints them."""
        known = sha256()
        with self.path.open("rb") as file:
            while part := file.read(_CHUNK):
                known.update(part)
        return known.hexdigest()[:16]

    def __str__(self) -> str:
        """One line for reports."""
        n, n_features = self.array.shape
        return f"{self.path} · {n:,} x {n_features:,} {self.array.dtype.name} · SHA-256 {self.digest}"


def is_stored(uri: str) -> bool:
    """Whether a URI names a file of vectors."""
    return parse_uri(uri).scheme == SCHEME


def open_vectors(uri: str) -> StoredVectors:
    """The vectors in the file that ``npy:FILE`` names; nothing but its head is read.

    Raises:
        UsageError: there is no such file, it is no ``.npy`` file, is truncated, or holds anything but a matrix of
            floating-point numbers; pickled objects are never loaded.
    """
    _, name, options = parse_uri(uri)
    if not name or options:
        raise UsageError(f"{uri}: write {SCHEME}:FILE.npy, with nothing after the file")
    path = Path(name).expanduser()
    array = _mapped(path)
    if array.ndim != 2:
        raise UsageError(f"{path} has the shape {array.shape}; vectors are (N, F), a row for each item")
    if array.dtype.name not in DTYPES:
        raise UsageError(f"{path} holds {array.dtype.name}; give {', '.join(DTYPES[:-1])} or {DTYPES[-1]}")
    return StoredVectors(uri, path, array)


def _mapped(path: Path) -> np.ndarray:
    try:
        with regular(path).open("rb") as file:
            start = file.read(len(MAGIC))
    except OSError as error:
        raise UsageError(_unread(path, error)) from None
    if start != MAGIC:
        raise UsageError(f"{path} is no .npy file; write it with numpy.save")
    try:
        found: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # numpy's reader raises whatever a broken head provokes
        if "Python objects" in str(error):
            raise UsageError(f"{path} holds pickled objects, which are not loaded; save a matrix of numbers") from None
        raise UsageError(f"{path} is truncated or damaged ({first_sentence(error)}); write it again") from None
    return found


def _unread(path: Path, error: OSError) -> str:
    if path.exists():
        return f"{path} cannot be read: {(error.strerror or type(error).__name__).lower()}; give another file"
    beside = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
    return f"there is no file {path}{closest(path.name, beside) or '; give a file that numpy.save wrote'}"
