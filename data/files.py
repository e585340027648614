"""The files of a folder of data."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from failscape.errors import UsageError


def visible_files(root: Path) -> Iterator[Path]:
    """All files below a folder that are not hidden.

    The folders right below it may be links; links further down are not followed: they may loop.

    Raises:
        UsageError: a folder may not be read.
    """
    links = [path for path in root.iterdir() if path.is_symlink() and path.is_dir() and not path.name.startswith(".")]
    for top in [root, *links]:
        for folder, subfolders, files in os.walk(top, onerror=_refuse):
            subfolders[:] = [name for name in subfolders if not name.startswith(".") and name != "__MACOSX"]
            yield from (Path(folder, name) for name in files if not name.startswith("."))


def _refuse(error: OSError) -> None:
    raise UsageError(
        f"{error.filename} cannot be read: {(error.strerror or str(error)).lower()}; correct its permissions"
    )
