"""What may be opened: regular files of a plausible size. Imports nothing of ours but the errors.

A pipe waits for ever for who writes into it, ``/dev/zero`` never ends, and a sparse file of terabytes is made in a
moment: each may bear the name of a picture.
"""

from __future__ import annotations

import stat
from pathlib import Path

from failscape.errors import UsageError

SMALL = 2**26  # bytes: of what people write by hand, such as settings and lists of classes

_UNITS = (("GB", 1e9), ("MB", 1e6), ("kB", 1e3), ("bytes", 1))
_OTHERS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class Irregular(UsageError):
    """A file that must not be opened; ``reason`` says why without naming it."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be read: {reason}; give another file")
        self.reason = reason


def regular(path: Path, at_most: int | None = None) -> Path:
    """The path itself, where it leads to a regular file; links are followed.

    Args:
        path: of a file.
        at_most: its size [bytes]; any where omitted.

    Raises:
        Irregular: it is something else, or larger.
        OSError: there is no such file, or it may not be looked at.
    """
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise Irregular(path, f"{_OTHERS.get(stat.S_IFMT(status.st_mode), 'something else')}, not a file")
    if at_most is not None and status.st_size > at_most:
        raise Irregular(path, f"too large ({size(status.st_size)}; at most {size(at_most)} are read)")
    return path


def regular_below(folder: Path) -> None:
    """Refuse a folder, whose files a library will open, for a pipe, a socket or a device in it or deeper.

    Raises:
        Irregular: the first there is.
    """
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)  # git leaves a socket
        if not hidden and path.exists() and not path.is_dir():
            regular(path)


def read_small(path: Path) -> str:
    """The text of a file in UTF-8.

    Raises:
        Irregular: it is no regular file, or has more than ``SMALL`` bytes.
        OSError: it cannot be read.
    """
    return regular(path, SMALL).read_text(encoding="utf-8")


def size(n_bytes: int) -> str:
    """Bytes for people: ``4.29 GB``."""
    unit, scale = next(((unit, scale) for unit, scale in _UNITS if n_bytes >= scale), _UNITS[-1])
    return f"{n_bytes / scale:.3g} {unit}"
