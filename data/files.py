"""The files of a folder of data."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from failscape.common.format import a_few
from failscape.common.visible import well_formed
from failscape.errors import UsageError

# What systems put beside data, in lower case; macOS, Synology and QNAP, Windows, Linux.
SYSTEM = frozenset(
    {
        "__macosx", "@eadir", "@recycle", "@tmp", "#recycle", "#snapshot", "$recycle.bin",
        "system volume information", "lost+found", "thumbs.db", "ehthumbs.db", "desktop.ini",
    }
)  # fmt: skip


class Files(NamedTuple):
    """All files below a folder."""

    shown: list[Path]
    left_out: list[tuple[Path, str]]  # hidden ones and the system's own, with the part of the path that says so


def files_below(root: Path) -> Files:
    """The files below a folder, apart from those that are hidden or the system's own.

    The folders right below it may be links; links further down are not followed: they may loop.

    Raises:
        UsageError: a folder may not be read.
    """
    found = Files([], [])
    links = [path for path in root.iterdir() if path.is_symlink() and path.is_dir() and _own(path.name)]
    for top in [root, *links]:
        for path in _walk(top):
            part = next((part for part in path.relative_to(root).parts if not _own(part)), None)
            if part is None:
                found.shown.append(path)
            else:
                found.left_out.append((path, part))
    return found


def about_left_out(where: Path, left_out: Iterable[tuple[Path, str]], what: str) -> tuple[str, ...]:
    """A sentence on files that look like ``what`` (``pictures``) and are left out; none where none are."""
    parts = Counter(part for _, part in left_out)
    n_files = sum(parts.values())
    if not n_files:
        return ()
    some = f"{n_files:,} file{' that looks' if n_files == 1 else 's that look'} like {what}"
    names = a_few((well_formed(name) for name, _ in sorted(parts.items(), key=lambda item: (-item[1], item[0]))), 3)
    return (f"{where}: {some}, hidden or the system's own ({names}), {'is' if n_files == 1 else 'are'} left out",)


def _own(name: str) -> bool:
    return not name.startswith(".") and name.lower() not in SYSTEM


def _walk(top: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        if all(map(_own, Path(error.filename).relative_to(top).parts)):
            raise UsageError(
                f"{error.filename} cannot be read: {(error.strerror or str(error)).lower()}; correct its permissions"
            )

    for folder, _, files in os.walk(top, onerror=refuse):
        yield from (Path(folder, name) for name in files)
