"""The facts of a summary that can be checked word by word: numbers, times, percentages, names, days and months.

A summary may read like its reference and yet move the accident to Tuesday; overlap of words hardly minds, this does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from functools import lru_cache
from math import prod
from typing import Literal, NamedTuple

from failscape.rewards.text_metrics.per_pair import per_pair

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_VALUES = {word: n for n, word in enumerate(_SMALL.split())} | {
    word: 10 * n for n, word in enumerate(_TENS.split(), start=2)
}
_SCALES = {"hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9}

# Known whatever their case and place. May and March are words, too, and need a capital inside a sentence.
_DAYS = "monday tuesday wednesday thursday friday saturday sunday"
_MONTHS = "january february april june july august september october november december"
_CALENDAR = frozenset(f"{_DAYS} {_MONTHS}".split())
# Never a name by itself, though a capital inside a sentence is common: "The Hague", "I".
_SMALL_WORDS = """
    a an the i i'm i've i'll i'd he she it they we you his her its their our my your this that these those there and
    but or nor if as at by for from in into of off on onto to with without no not so then when while where after
    before since until because although though however who what which why how mr mrs ms miss dr
"""
_NO_NAMES = frozenset(_SMALL_WORDS.split())
# A full stop after these, or after an initial, ends no sentence.
_SHORT = "mr mrs ms dr st prof gen sgt lt col capt rev hon jr sr vs"
_SHORTENED = frozenset(_SHORT.split())

# The case of words is ignored in ASCII (the flag "a"), or the long s of an old print would make a "six" no table knows.
_TOKEN = re.compile(
    rf"""
      (?P<time> (?<![\d:]) \d{{1,2}} : \d{{2}} (?: :\d{{2}} )? (?![\d:]) )
    | (?P<number>
        (?: (?<!\w) [-\N{{MINUS SIGN}}] )? (?: \d{{1,3}} (?: ,\d{{3}} )+ (?!\d) (?: \.\d+ )? | \d+ (?: \.\d+ )? )
      | \b (?ai: (?: {"|".join(_TENS.split())} ) [-\ ] (?: {"|".join(_SMALL.split()[1:10])} )
             | (?<! \b no[-\ ] ) (?: {"|".join(_VALUES)} ) ) \b
      )
      (?P<scales> (?: [-\ ] (?ai: {"|".join(_SCALES)} ) \b )* )
      (?P<percent> \ ?% | (?ai: \ per\ ?cent ) \b )?
    | (?P<word> \b (?: [A-Z] \. ){{2,}} | [^\W\d_] \w* (?: ['’] [^\W\d_]+ )* )
    """,
    re.VERBOSE,
)
_SENTENCE_END = re.compile(r"[.!?:…\n]|[\"“]$")


class Fact(NamedTuple):
    """Something a text says that can be compared: by its ``key``, shown as it was ``written``."""

    key: str
    written: str
    kind: Literal["sure", "name", "opening"]  # opening: it may have its capital for beginning a sentence only


@per_pair
def facts(candidate: str, reference: str) -> float:
    """F1 of the facts of summaries and references, as multisets: ``(B,), (B,) -> (B,)`` float32 in [0, 1].

    1 where neither has a fact. Facts are

    - numbers: "1,000" is "1000", "3.50" is "3.5", "three" is "3" (words up to ninety-nine), "two million" is "2000000",
    - percentages ("5 per cent" is "5%") and times of day ("7:40" is "07:40"),
    - names: words with a capital, each by itself ("Jane Smith" is two), whatever the case of the rest and without a
      possessive. A word that begins a sentence is one where it has its capital inside a sentence of either text,
    - weekdays and months, whatever their case; May and March as other names.
    """
    found, wanted = (Counter(fact.key for fact in facts) for facts in _compared(candidate, reference))
    total = found.total() + wanted.total()
    return 2 * (found & wanted).total() / total if total else 1.0


def missing_and_wrong(candidate: str, reference: str) -> tuple[list[str], list[str]]:
    """What a summary leaves out and what it makes up: facts of the reference alone, and of the summary alone.

    Both lists are in the order of their text and spelt as there; a fact said twice and wanted once is there once.
    """
    found, wanted = _compared(candidate, reference)
    return _without(wanted, found), _without(found, wanted)


def _compared(candidate: str, reference: str) -> tuple[list[Fact], list[Fact]]:
    """The facts of both, each told by the other which words that begin a sentence are names."""
    texts = _candidates(candidate), _candidates(reference)
    names = {fact.key for text in texts for fact in text if fact.kind == "name"}
    found, wanted = ([fact for fact in text if fact.kind != "opening" or fact.key in names] for text in texts)
    return found, wanted


def _without(facts: list[Fact], others: list[Fact]) -> list[str]:
    left = Counter(fact.key for fact in others)
    kept = []
    for fact in facts:
        if left[fact.key]:
            left[fact.key] -= 1
        else:
            kept.append(fact.written)
    return kept


@lru_cache(maxsize=2**15)
def _candidates(text: str) -> tuple[Fact, ...]:
    """All that may be a fact in a text, in its order."""
    return tuple(_scan(text))


def _scan(text: str) -> Iterator[Fact]:
    end, before = 0, ""
    for match in _TOKEN.finditer(text):
        opening = not before or _begins_sentence(before, text[end : match.start()])
        end, before = match.end(), match[0]
        if match["word"]:
            yield from _name(before, opening)
        else:
            yield Fact(_number(match), before.strip(), "sure")


def _name(word: str, opening: bool) -> Iterator[Fact]:
    written = re.sub(r"['’][sS]$", "", word)
    key = written.casefold().replace("’", "'").replace(".", "")  # U.S. is US
    if key in _CALENDAR:
        yield Fact(key, written, "sure")
    elif word[0].isupper() and key not in _NO_NAMES:
        yield Fact(key, written, "opening" if opening else "name")


def _begins_sentence(before: str, gap: str) -> bool:
    shortened = before.casefold() in _SHORTENED or (len(before) == 1 and before.isupper())
    goes_on = shortened and gap.startswith(".") and "\n" not in gap
    return not goes_on and _SENTENCE_END.search(gap) is not None


def _number(match: re.Match[str]) -> str:
    if match["time"]:
        return ":".join(part.zfill(2) for part in match["time"].split(":"))
    scales = [_SCALES[scale] for scale in _parts(match["scales"])]
    return f"{(_value(match['number']) * prod(scales)).normalize():f}" + ("%" if match["percent"] else "")


def _value(number: str) -> Decimal:
    words = _parts(number)
    if words[0] in _VALUES:
        return Decimal(sum(_VALUES[word] for word in words))
    return Decimal(number.replace(",", "").replace("\N{MINUS SIGN}", "-"))


def _parts(words: str) -> list[str]:
    return words.lower().replace("-", " ").split()
