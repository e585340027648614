"""The mapping file that says which class a folder is: a table with the columns ``folder`` and ``class``."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator
from pathlib import Path

from failscape.common.regular import SMALL, regular
from failscape.data.names import NameIndex
from failscape.errors import UsageError, did_you_mean


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
    for line, row in _rows(Path(path)):
        where = f"{path} line {line}"
        if len(row) != 2:
            raise UsageError(f"{where}: {len(row)} fields where folder,class are two; quote a name that has a comma")
        folder, name = row
        if folder not in known:
            raise UsageError(f"{where}: the data has no {folder!r}{did_you_mean(folder, known)}")
        if folder in found:
            raise UsageError(f"{where}: {folder!r} is mapped twice; keep one of the lines")
        found[folder] = _class(name, index, where)
    return found


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Line number and stripped fields of every line that is not blank, after a checked header."""
    try:
        with regular(path, SMALL).open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            header = [field.strip() for field in next(reader, [])]
            if header != ["folder", "class"]:
                raise UsageError(f"{path} line 1: the header is {','.join(header)!r}; it must be folder,class")
            for row in reader:
                if any(field.strip() for field in row):
                    yield reader.line_num, [field.strip() for field in row]
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text; save it as CSV in UTF-8") from None
    except csv.Error as error:
        raise UsageError(f"{path} line {reader.line_num}: {error}; write two fields, folder,class") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(
            f"the mapping file {path} cannot be read: {reason}; give a CSV file with folder,class"
        ) from None


def _class(name: str, index: NameIndex, where: str) -> int:
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
