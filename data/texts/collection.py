"""Articles and references that were read, without those that are of no use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b

import numpy as np

from failscape.data.base import Skipped
from failscape.data.items import reasons
from failscape.data.texts.rows import TextRow
from failscape.errors import UsageError

ALL, OTHER = "all", "other"


class TextCollection:
    """The texts of a table or a folder; labels index ``group_names``, their topics, sorted.

    Skipped are empty articles, duplicate articles, and where some have a reference, those that have none. Texts
    without a topic are of the topic ``other``; where none has one, all are of ``all``. Texts are held as UTF-8, so
    that a collection takes as much memory as its columns take in a file.

    Args:
        rows: what was read, in order.
        where: how messages call the data.

    Raises:
        UsageError: nothing is left.
    """

    def __init__(self, rows: Iterable[TextRow | Skipped], where: str) -> None:
        self.notes: tuple[str, ...] = ()  # what the user should know of how they were read, a line each
        self.skipped: list[Skipped] = []
        self._texts: list[tuple[bytes, bytes]] = []
        names: list[str] = []
        topics: list[str] = []
        for row in rows:
            if isinstance(row, Skipped):
                self.skipped.append(row)
            elif not row.article:
                self.skipped.append(Skipped(row.name, "empty"))
            else:
                self._texts.append((row.article.encode(), row.reference.encode()))
                names.append(row.name)
                topics.append(row.topic)
        names = unique(names)
        kept = self._useful(names)
        if not kept:
            why = reasons(self.skipped) or "no rows"
            raise UsageError(f"{where} holds no article that can be read ({why}); give other data")
        self._texts = [self._texts[index] for index in kept]
        self.names: Sequence[str] = [names[index] for index in kept]
        self.group_names: Sequence[str]
        self.group_names, self.labels = grouped([topics[index] for index in kept])

    def load(self, index: int) -> tuple[str, str]:
        """The article and its reference, ``""`` where there is none."""
        article, reference = self._texts[index]
        return article.decode(), reference.decode()

    def _useful(self, names: Sequence[str]) -> list[int]:
        """Which texts are of use; the others are listed as skipped."""
        any_reference = any(reference for _, reference in self._texts)
        first: dict[bytes, int] = {}
        for index, (article, reference) in enumerate(self._texts):
            digest = blake2b(article, digest_size=16).digest()
            if any_reference and not reference:
                self.skipped.append(Skipped(names[index], "no reference"))
            elif digest in first:
                self.skipped.append(Skipped(names[index], f"duplicate of {names[first[digest]]}"))
            else:
                first[digest] = index
        return list(first.values())


def unique(names: Sequence[str]) -> list[str]:
    """The names, the second of the same followed by ``#2``."""
    taken = set(names)
    seen: dict[str, int] = {}
    found = []
    for name in names:
        n = seen[name] = seen.get(name, 0) + 1
        while n > 1 and f"{name}#{n}" in taken:
            n = seen[name] = n + 1
        found.append(name if n == 1 else f"{name}#{n}")
    return found


def grouped(topics: Sequence[str]) -> tuple[tuple[str, ...], np.ndarray]:
    """The names of the topics, and the index of each text's ``(N,)`` int64."""
    if not any(topics):
        return (ALL,), np.zeros(len(topics), dtype=np.int64)
    given = [topic or OTHER for topic in topics]
    known = tuple(sorted(set(given)))
    index = {topic: place for place, topic in enumerate(known)}
    return known, np.array([index[topic] for topic in given], dtype=np.int64)
