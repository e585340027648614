"""A folder of articles as ``.txt`` files, a subfolder per topic, with references beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from failscape.common.visible import well_formed
from failscape.data.base import Skipped, Unreadable
from failscape.data.files import about_left_out, files_below
from failscape.data.tables.cells import clean
from failscape.data.tables.encoding import ARTICLE, not_utf_8, open_text, text_encoding
from failscape.data.tables.open import SUFFIXES
from failscape.data.texts.rows import TextRow
from failscape.errors import UsageError

_BESIDE = ".summary.txt"
_SUBFOLDER = "summaries"


class TextFolder:
    """The texts of a folder like ``news/sport/0001.txt``, in the order of their names.

    The reference of ``sport/0001.txt`` is ``sport/0001.summary.txt``, ``sport/summaries/0001.txt`` or
    ``summaries/sport/0001.txt``, the first there is. An article's name is its path below the folder, with ``/`` on
    every system, and its topic the first subfolder. Hidden files and the system's own are passed over; any other that
    is no ``.txt`` file is skipped. ``encoding`` is that of all files; found out for each where omitted.

    Raises:
        UsageError: the folder holds no article.
    """

    def __init__(self, root: Path, encoding: str = "") -> None:
        self.root, self.encoding = root, encoding
        self._not_utf_8: list[str] = []  # what is to be told of the files read so far
        self._texts: dict[str, Path] = {}
        self._others: list[str] = []
        files = files_below(root)
        hidden = [(path, part) for path, part in files.left_out if path.suffix.lower() == ".txt"]
        self._left_out = about_left_out(root, hidden, "texts")
        for path in files.shown:
            name = well_formed(path.relative_to(root).as_posix())
            if path.suffix.lower() == ".txt":
                self._texts[name] = path
            else:
                self._others.append(name)
        self._articles = sorted(name for name in self._texts if not _is_reference(name))
        if not self._articles:
            raise UsageError(self._without_articles())

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of the files read so far."""
        counts = Counter(self._not_utf_8)
        told = [f"{self.root}: {n} file{'s are' if n > 1 else ' is'} {what}" for what, n in counts.items()]
        return (*self._left_out, *told)

    def rows(self) -> Iterator[TextRow | Skipped]:
        """Every article with its reference, and what is skipped."""
        yield from (Skipped(name, "not a .txt file") for name in sorted(self._others))
        used: set[str | None] = set()
        for name in self._articles:
            reference = next((place for place in _places(name) if place in self._texts), None)
            used.add(reference)
            yield self._row(name, reference)
        lonely = sorted(name for name in self._texts if _is_reference(name) and name not in used)
        yield from (Skipped(name, "a summary of no article") for name in lonely)

    def _row(self, name: str, reference: str | None) -> TextRow | Skipped:
        topic = name.split("/", 1)[0] if "/" in name else ""
        try:
            return TextRow(name, self._read(name), self._reference(reference), topic)
        except Unreadable as reason:
            return Skipped(name, str(reason))

    def _reference(self, name: str | None) -> str:
        try:
            return self._read(name) if name else ""
        except Unreadable as reason:
            if str(reason) == "empty":
                return ""
            raise Unreadable(f"its summary is unreadable: {reason}") from None

    def _read(self, name: str) -> str:
        path = self._texts[name]
        encoding = text_encoding(path, ARTICLE, self.encoding)
        self._not_utf_8 += filter(None, [not_utf_8(encoding, self.encoding)])
        with open_text(path, encoding) as file:
            return clean(file.read())

    def _without_articles(self) -> str:
        if self._texts:
            return f"{self.root} holds summaries but no articles; put NAME.txt beside NAME{_BESIDE}"
        tables = sorted(name for name in self._others if Path(name).suffix.lower() in SUFFIXES)
        if tables:
            return f"{self.root} holds no .txt file; give one of its tables, as in {self.root / tables[0]}"
        return f"{self.root} holds no .txt file; put an article into each, in a subfolder per topic if you like"


def _is_reference(name: str) -> bool:
    return name.lower().endswith(_BESIDE) or _SUBFOLDER in name.split("/")[:-1]


def _places(name: str) -> tuple[str, str, str]:
    """Where the reference of an article may be."""
    folder, _, file = name.rpartition("/")
    within = f"{folder}/" if folder else ""
    return f"{name[: -len('.txt')]}{_BESIDE}", f"{within}{_SUBFOLDER}/{file}", f"{_SUBFOLDER}/{name}"
