"""Where the words and sentences of a text are, and how its places are written anew."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from failscape.common.languages import CHUNK

Span = tuple[int, int]
Change = tuple[int, int, str]  # from, to, what stands there instead

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")  # letters, with the apostrophe of isn't and Anna's
# Of pages and mail; what is bounded keeps the time for a long line of no blanks linear.
ADDRESS = re.compile(
    r"""(?:https?://|www\.)\S+(?<![.,;:!?)'"])"""
    r"|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"
    r"|(?<![\w.-])[\w-]{1,63}(?:\.[\w-]{1,63}){0,4}\.(?:com|org|net|edu|gov|io|uk|de|fr|eu)\b(?:/\S*)?"
)
MEMORY = 4096  # texts whose sentences are remembered: edits of one item meet the same text again and again

_TITLES = "Mr|Mrs|Ms|Dr|Prof|St|Sgt|Lt|Col|Gen|Gov|Sen|Rep|Rev|Jr|Sr|Inc|Ltd|Co|Corp|vs|No|Mt|Capt|Hon|e\\.g|i\\.e"
_MONTHS = "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec"
_SHORT = re.compile(rf"(?:^|[\s(\"'“‘])(?:{_TITLES}|{_MONTHS}|[A-Z]|(?:[A-Z]\.)+[A-Z])\.$")
_LONGEST_SHORT = 12  # characters
_LINE = re.compile(r"\S(?:[^\n]*\S)?")
_END = re.compile(r"""(?<![.!?…])[.!?…]+["'”’)\]]*(?=\s+["'“‘(\[]*[^\W_a-z])|[。！？]+[”’」』）]*""")


@lru_cache(MEMORY)
def sentences(text: str) -> tuple[Span, ...]:
    """Where each sentence begins and ends, without the white space between them.

    A sentence ends at a full stop, question or exclamation mark before a capital or a figure, and at the end of a line;
    titles, initials and months written short do not end one.
    """
    return tuple(span for line in _LINE.finditer(text) for span in _of_line(text, *line.span()))


def _of_line(text: str, start: int, end: int) -> Iterator[Span]:
    for match in _END.finditer(text, start, end):
        stop = match.end()
        if stop == end:
            break
        if not _SHORT.search(text, max(0, stop - _LONGEST_SHORT), stop):
            yield start, stop
            start = _next_word(text, stop)
    yield start, end


def words(text: str) -> list[Span]:
    """Where each word of letters begins and ends, without the marks around it; none in addresses of pages and mail."""
    addresses = [match.span() for match in ADDRESS.finditer(text)]
    spans = [match.span() for match in WORD.finditer(text)]
    return (
        [span for span in spans if not any(start <= span[0] < end for start, end in addresses)] if addresses else spans
    )


def chunks(text: str) -> list[Span]:
    """Where each run of what is not white space begins and ends; in scripts without blanks, each sign."""
    return [match.span() for match in CHUNK.finditer(text)]


def spliced(text: str, changes: Iterable[Change]) -> str:
    """The text with each change written in; they must not overlap."""
    parts, done = [], 0
    for start, end, new in sorted(changes):
        parts += [text[done:start], new]
        done = end
    return "".join([*parts, text[done:]])


def without(text: str, spans: Iterable[Span]) -> str:
    """The text without these words, and without the white space before each: after it where the text begins so."""
    kept = spliced(text, [(_gap_before(text, start), end, "") for start, end in spans])
    return kept if text[:1].isspace() else kept.lstrip()


def _gap_before(text: str, start: int) -> int:
    while start and text[start - 1].isspace():
        start -= 1
    return start


def _next_word(text: str, start: int) -> int:
    while start < len(text) and text[start].isspace():
        start += 1
    return start
