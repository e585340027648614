"""Files that are written whole or not at all, whenever the process is stopped."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from failscape.errors import Stopped


def write_all(files: Sequence[tuple[Path, Callable[[Path], object]]]) -> list[Path]:
    """Write files, each whole or not at all; returns their paths.

    Args:
        files: where each goes, and what writes it to the path that it is given, which is of the same kind.

    Raises:
        Stopped: it was interrupted, and the first of them are there already.
    """
    written: list[Path] = []
    try:
        for path, write in files:
            _write(path, write)
            written.append(path)
    except KeyboardInterrupt:
        if written:
            raise Stopped(", ".join(map(str, written))) from None
        raise
    return written


def _write(path: Path, write: Callable[[Path], object]) -> None:
    partial = path.with_name(f"{path.stem}.partial{path.suffix}")
    try:
        write(partial)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
