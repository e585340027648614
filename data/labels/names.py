"""Which classes a name may mean: whole names and listed synonyms, never a part of a word."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

_WORDNET = re.compile(r"(n\d{8})(?:[\s:_,-]+(.*))?", re.DOTALL)
_INDEXED = re.compile(r"([0-9]+)(?:[\s_.-]+(.*))?", re.DOTALL)


def normal(name: str) -> str:
    """The name without case, spaces, underscores and hyphens: ``Fire_engine`` and ``fire-engine`` are one."""
    return re.sub(r"[\s_-]+", "", unicodedata.normalize("NFKC", name).casefold())


def synonyms(name: str) -> list[str]:
    """``n01440764 tench, Tinca tinca`` lists three: its WordNet id, and what the commas part."""
    listed = _WORDNET.fullmatch(name)
    parts = [listed[1], *(listed[2] or "").split(",")] if listed else name.split(",")
    return [part.strip() for part in parts if normal(part)]


def wordnet_id(name: str) -> str | None:
    """The WordNet id that the name starts with (``n01440764``), if any."""
    listed = _WORDNET.fullmatch(name)
    return listed[1] if listed else None


def leading_index(name: str) -> tuple[int, str] | None:
    """``065_sea_snake -> (65, "sea_snake")``; None where the name starts with no number of its own."""
    found = _INDEXED.fullmatch(name)
    return (int(found[1]), found[2] or "") if found else None


def distinct(names: Sequence[str]) -> tuple[str, ...]:
    """The names as people tell them apart: where two classes have one, with their index: ``crane (134)``."""
    counts = Counter(names)
    return tuple(f"{name} ({index})" if counts[name] > 1 else name for index, name in enumerate(names))


class NameIndex:
    """Looks up the classes of a target by name."""

    def __init__(self, class_names: Sequence[str]) -> None:
        self.class_names = class_names
        self._whole = _table(class_names, lambda name: [name])
        self._exact = _table(class_names, synonyms)
        self._loose = _table(class_names, lambda name: map(normal, synonyms(name)))

    def exactly(self, name: str) -> frozenset[int]:
        """The classes with exactly this name."""
        return frozenset(self._whole.get(name, ()))

    def candidates(self, name: str) -> frozenset[int]:
        """The classes that the name may mean: none, one, or several where it does not decide.

        The first of these that finds any counts: the whole name, its synonyms as written, its synonyms by ``normal``.
        """
        return (
            self.exactly(name)
            or _shared(self._exact, synonyms(name))
            or _shared(self._loose, map(normal, synonyms(name)))
        )


def _table(class_names: Sequence[str], keys: Callable[[str], Iterable[str]]) -> dict[str, set[int]]:
    table = defaultdict(set)
    for index, name in enumerate(class_names):
        for key in keys(name):
            table[key].add(index)
    return dict(table)


def _shared(table: dict[str, set[int]], keys: Iterable[str]) -> frozenset[int]:
    """The classes that all known keys share; where they share none, all that any of them means."""
    found = [table[key] for key in keys if key in table]
    return frozenset(set.intersection(*found) or set.union(*found)) if found else frozenset()
