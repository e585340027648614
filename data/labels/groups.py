"""Classes in groups: where each of a thousand classes has one picture or a few, groups of them have enough.

Shapes: ``C`` classes, ``N`` items.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from failscape.data.base import Items
from failscape.data.labels.mapping import read_groups
from failscape.data.labels.names import NameIndex

OTHERS = "other classes"  # the group of classes that a file leaves out


class ClassGroups(NamedTuple):
    """Which group each class of a target is in."""

    names: tuple[str, ...]
    of: np.ndarray  # (C,) int64, indices into the names


def class_groups(path: str | Path, class_names: Sequence[str]) -> ClassGroups:
    """The groups of a CSV file ``class,group``, in the order of their first lines; what it leaves out is one more.

    Raises:
        UsageError: the file cannot be read, or a line is wrong; it names the line.
    """
    found = read_groups(path, NameIndex(class_names))
    everyone = [found.get(label, OTHERS) for label in range(len(class_names))]
    names = tuple(dict.fromkeys([*found.values(), *everyone]))
    return ClassGroups(names, np.array([names.index(name) for name in everyone], np.int64))


def in_groups(items: Items, groups: ClassGroups) -> Items:
    """Items that are grouped by their class, grouped by the class's group instead; what is the right answer stays."""
    return replace(items, group=groups.of[items.group], group_names=groups.names, group_of=groups.of)
