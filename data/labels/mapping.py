"""Files of a few columns: which class a folder is (``folder,class``), which group a class (``class,group``)."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from pathlib import Path

from failscape.common.safe_open import SMALL, regular
from failscape.data.labels.names import NameIndex
from failscape.errors import UsageError, did_you_mean

WORDS = {2: "two", 6: "six"}


def read_mapping(path: str | Path, known: Collection[str], index: NameIndex) -> dict[str, int]:
    """Folder name to class index.

    A class is given by its name, or by its index where no class has that number for a name.

    Args:
        path: a CSV file in UTF-8 with the header ``folder,class``.
        known: the folders there are; the file may leave some out.
        index: the target's classes.

    Raises:
        UsageError: the file cannot be read, or a line is wrong; it names the line.
    """
    found: dict[str, int] = {}
    for where, (folder, name) in rows(Path(path), "folder,class"):
        if folder not in known:
            raise UsageError(f"{where}: the data has no {folder!r}{did_you_mean(folder, known)}")
        if folder in found:
            raise UsageError(f"{where}: {folder!r} is mapped twice; keep one of the lines")
        found[folder] = class_of(name, index, where)
    return found


def read_groups(path: str | Path, index: NameIndex) -> dict[int, str]:
    """Class index to the name of its group.

    Args:
        path: a CSV file in UTF-8 with the header ``class,group``; it may leave some classes out.
        index: the target's classes.

    Raises:
        UsageError: the file cannot be read, or a line is wrong; it names the line.
    """
    found: dict[int, str] = {}
    for where, (name, group) in rows(Path(path), "class,group"):
        label = class_of(name, index, where)
        if label in found:
            raise UsageError(f"{where}: the class {name!r} has two groups; keep one of the lines")
        if not group:
            raise UsageError(f"{where}: the class {name!r} has no group; name one, or leave the line out")
        found[label] = group
    if not found:
        raise UsageError(f"{path} groups no class; give a CSV file with lines class,group")
    return found


def rows(path: Path, columns: str) -> Iterator[tuple[str, list[str]]]:
    """Of every line that is not blank, where it is and its stripped fields, after a checked header."""
    n = columns.count(",") + 1
    try:
        with regular(path, SMALL).open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            header = [field.strip() for field in next(reader, [])]
            if ",".join(header) != columns:
                raise UsageError(f"{path} line 1: the header is {','.join(header)!r}; it must be {columns}")
            for row in reader:
                fields, where = [field.strip() for field in row], f"{path} line {reader.line_num}"
                if any(fields) and len(fields) != n:
                    raise UsageError(
                        f"{where}: {len(fields)} fields where {columns} are {WORDS[n]}; quote a name that has a comma"
                    )
                if any(fields):
                    yield where, fields
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text; save it as CSV in UTF-8") from None
    except csv.Error as error:
        raise UsageError(f"{path} line {reader.line_num}: {error}; write {WORDS[n]} fields, {columns}") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"the mapping file {path} cannot be read: {reason}; give a CSV file with {columns}") from None


def class_of(name: str, index: NameIndex, where: str) -> int:
    """Index of the class that a field of a file names, by its name or its index; ``where`` is the line."""
    n_classes = len(index.class_names)
    if name.isascii() and name.isdecimal() and not index.exactly(name):
        if int(name) >= n_classes:
            raise UsageError(f"{where}: no class {name}; the target's classes are 0 to {n_classes - 1}")
        return int(name)
    classes = sorted(index.candidates(name))
    if not classes:
        raise UsageError(f"{where}: the target has no class {name!r}{did_you_mean(name, index.class_names)}")
    if len(classes) > 1:
        raise UsageError(f"{where}: {name!r} may be class {' or '.join(map(str, classes))}; give the number")
    return classes[0]
