"""The numbers of a text, in figures and in words, and which of them can be written anew.

``five`` and ``5``, ``1,000.50`` and ``1000.5`` are one value. What is left alone: times, dates, scores, fractions,
ordinals, addresses of the web, codes, numbers within names, and amounts with a word of scale (``2 million``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from failscape.concepts.text.inflection import cased_like
from failscape.concepts.text.spans import ADDRESS, MEMORY, spliced

_SMALL_AS_TEXT = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS_AS_TEXT = "twenty thirty forty fifty sixty seventy eighty ninety"
_SMALL, _TENS = _SMALL_AS_TEXT.split(), _TENS_AS_TEXT.split()
IN_WORDS = (*_SMALL, *(f"{ten}-{one}" if one else ten for ten in _TENS for one in ("", *_SMALL[1:10])))  # 0 to 99
_VALUES = {word: n for n, word in enumerate(IN_WORDS)}

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_SCALE = r"(?:dozen|score|hundred|thousand|million|billion|trillion|bn|m|k)s?\b"
_PART = r"(?:half|halves|third|quarter|fourth|fifth|sixth|seventh|eighth|ninth|tenth)s?\b"
_FIGURES = re.compile(r"\d+(?:[.,]\d+)*")
_WORDS = re.compile(
    rf"(?<![\w'’-])(?:(?:{'|'.join(_TENS)})[- ](?:{'|'.join(_SMALL[1:10])})|{'|'.join([*_SMALL[::-1], *_TENS])})(?!\w)",
    re.IGNORECASE,
)
_AMOUNT = re.compile(r"(?:0|[1-9]\d*|[1-9]\d{0,2}(?:,\d{3})+)(?:\.\d+)?")
# What stands before or behind a number that is no amount: parts of words, times, scores, dates, fractions, scales.
_NOT_BEFORE = re.compile(
    rf"(?:[\w/]|\w[.,:–-]|\b{_MONTH} (?:the |\d{{1,2}},? )?|\b{_SCALE}(?: and)? |[+#])$", re.IGNORECASE
)
_NOT_AFTER = re.compile(
    rf"[\w/]|[.,:–-]\d|[- ]{_SCALE}|[- ]{_PART}|-?(?:st|n[d]|rd|th)\b|(?: of)? {_MONTH}(?![\w-])", re.IGNORECASE
)
_ALL_OF_IT = re.compile(r"100(?: ?%| per ?cent)", re.IGNORECASE)
_YEAR = re.compile(r"(?:1[6-9]|20)\d\d")
_OPENS = re.compile(r"(?:^|[.!?:\n]\s*)[\"'“‘(]*$")


class Quantity(NamedTuple):
    """A number where it stands."""

    start: int
    end: int
    written: str
    value: str  # ``5``, ``1000.5``; as it is written where that is no amount
    free: bool  # whether another number can stand there


@lru_cache(MEMORY)
def quantities(text: str) -> tuple[Quantity, ...]:
    """All numbers of a text, in its order."""
    addresses = [match.span() for match in ADDRESS.finditer(text)]
    found = []
    for match in (*_FIGURES.finditer(text), *_WORDS.finditer(text)):
        within = any(start <= match.start() < end for start, end in addresses)
        found.append(_quantity(text, match, within))
    return tuple(sorted(found))


def _quantity(text: str, match: re.Match[str], within: bool) -> Quantity:
    (start, end), written = match.span(), match[0]
    in_words = written[0].isalpha()
    value = _value_of(written)
    around = text[max(0, start - 16) : start], text[end : end + 16]
    free = not within and not _NOT_BEFORE.search(around[0]) and not _NOT_AFTER.match(around[1])
    free = free and value not in {"0", "1"} and (in_words or bool(_AMOUNT.fullmatch(written)))
    free = free and not _ALL_OF_IT.match(text, start)
    if in_words and written[0].isupper():  # Nine Elms, the Big Four
        free = free and bool(_OPENS.search(around[0])) and not around[1].lstrip()[:1].isupper()
    return Quantity(start, end, written, value, free)


def _value_of(written: str) -> str:
    small = written.lower().replace(" ", "-")
    if small in _VALUES:
        return str(_VALUES[small])
    return f"{Decimal(written.replace(',', '')).normalize():f}" if _AMOUNT.fullmatch(written) else written


def with_values(text: str, others: Mapping[str, str]) -> str:
    """The text with each value replaced by another, figures by figures and words by words."""
    stand = [number for number in quantities(text) if number.value in others]
    return spliced(text, [(n.start, n.end, _written_like(others[n.value], n.written)) for n in stand])


def other_value(value: str, draw: int) -> str:
    """Another value of as many digits, chosen by a whole number from 0; years stay in their century, before 2030."""
    if _YEAR.fullmatch(value):
        return f"{value[:2]}{draw % (30 if value[:2] == '20' else 100):02}"
    whole, mark, rest = value.partition(".")
    lowest = 2 if len(whole) == 1 and not mark else 1
    digits = whole if whole == "0" else ""
    for place in range(len(whole) if whole != "0" else 0):
        draw, digit = divmod(draw, 10 - (0 if place else lowest))
        digits += str(digit + (0 if place else lowest))
    decimals = ""
    for place in range(len(rest)):
        least = int(place == len(rest) - 1)  # 3.50 would be 3.5
        draw, digit = divmod(draw, 10 - least)
        decimals += str(digit + least)
    return f"{digits}{mark}{decimals}"


def _written_like(value: str, model: str) -> str:
    if model[0].isalpha():
        words = IN_WORDS[int(value)]
        return cased_like(words.replace("-", " ") if " " in model else words, model)
    whole, _, rest = value.partition(".")
    if "," in model:
        whole = f"{int(whole):,}"
    decimals = len(model.partition(".")[2])
    return f"{whole}.{rest.ljust(decimals, '0')}" if decimals else whole
