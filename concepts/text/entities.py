"""Wrong names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from failscape.concepts.text.names import kind_of, other_name
from failscape.concepts.text.spans import MEMORY, Change, spliced
from failscape.concepts.text.stop_words import STOP_WORDS
from failscape.concepts.text.swaps import Swap
from failscape.concepts.text.tags import Token, tagged

_WORDS_OF_TITLES = (
    "mr mrs ms miss dr sir lord lady prof professor president vice judge captain gen general sen senator gov governor "
    "minister prime secretary chancellor king queen prince princess chief mayor officer director bishop pope "
    "detective sergeant justice colonel lieutenant constable inspector superintendent coach chairman"
)
_TITLES = frozenset(_WORDS_OF_TITLES.split())
_OPENERS = frozenset({"new", "united", "south", "north", "east", "west", "great", "san", "los", "las"})  # New York
_BEFORE_NAMES = STOP_WORDS | _TITLES | frozenset({"last", "next", "every", "since", "until", "near", "when", "after"})
_TITLE = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof|Professor|Sir|Lord|Lady|Captain|Judge|Senator)\.? $")
_WORD_BEFORE = re.compile(r"([\w'’-]+|\b\w\.|\b\w{2,4}\.) (?:of |de |van |von )?$")
_WORD_AFTER = re.compile(r" (?:& )?([\w'’-]+)")
_WORD = re.compile(r"[^\W\d_]+(?:['’](?!s\b)[^\W\d_]+)*")
_PART_OF_LONGER = r"(?<!\w)(?<![^\W\d_]['’])(?<!\w-)"
_LOOK = 48  # characters before a name that say what it is
_MONTH_BEFORE = re.compile(r"\b(?:in|last|this|next|since|until|by|of|early|late|during|\d+) $", re.IGNORECASE)
_MONTHS_AND_NAMES_AS_TEXT = "March April May June August"
_MONTHS_AND_NAMES = frozenset(_MONTHS_AND_NAMES_AS_TEXT.split())


class Name(NamedTuple):
    """A name that can be replaced by others: ``Theresa May``, which ``May`` alone is, too."""

    whole: str
    kind: str

    @property
    def spellings(self) -> tuple[str, ...]:
        """How a text may say it: a person's whole name, last name or first name."""
        parts = self.whole.split()
        return (self.whole, parts[-1], parts[0]) if self.kind == "person" and len(parts) > 1 else (self.whole,)


class EntitySwap(Swap):
    """Share of the different names replaced by others of their kind, each wherever it stands.

    A country becomes a country, a city a city, a day a day, a woman another woman; streets and groups keep their last
    word (``Elm Road``). A person's last name or first name alone follows the whole name. A name of no known kind is
    left alone, and so is one that is part of another one (``Newcastle`` where there is a ``Real Newcastle``). New names
    are in neither article nor reference.
    """

    name = "entity-swap"

    def things(self, article: str, reference: str) -> list[str]:
        """The names that can be written anew wherever they stand."""
        known = known_names(article)
        parts = {part for name in known for part in name.spellings[1:]}
        return [n.whole for n in known if n.whole not in parts and all(_whole(n, t) for t in (article, reference))]

    def other(self, thing: str, draw: int) -> str:
        """Another name of its kind."""
        return other_name(thing, draw, kind_of(thing) or "person")

    def is_new(self, other: str, taken: set[str], texts: str) -> bool:
        """Whether neither text has any of its words, nor another replacement."""
        used = " ".join([texts, *taken]).casefold()
        return not any(word.casefold() in used for word in _own_words(other, kind_of(other)))

    def rewritten(self, text: str, others: Mapping[str, str]) -> str:
        """The text with other names."""
        changes: list[Change] = []
        for whole, other in others.items():
            changes += _changes(text, Name(whole, kind_of(whole) or "person"), other)
        return spliced(text, changes)

    def facts(self, text: str) -> Counter[str]:
        """The words of a text, of which an edit of names changes names alone."""
        return Counter(match[0] for match in _WORD.finditer(text))


@lru_cache(MEMORY)
def known_names(text: str) -> tuple[Name, ...]:
    """The names of known kinds in a text, each once: a kind is known by the name, or by a title before it."""
    found = []
    for sentence in tagged(text):
        for start, whole in names(sentence):
            titled = _TITLE.search(text[max(0, start - _LOOK) : start])
            whole = whole.title() if whole.isupper() and kind_of(whole) else whole
            kind = kind_of(whole) or ("person" if titled and len(whole.split()) < 4 else "")
            if kind:
                found.append(Name(whole, kind))
    return tuple(dict.fromkeys(found))


def names(sentence: list[Token]) -> Iterator[tuple[int, str]]:
    """Runs of capitalised words and where they begin, behind a title or with a name among them; titles stay out."""
    first = sentence[0].start if sentence else 0
    marked = [(_may_name(token, token.start == first), k) for k, token in enumerate(sentence)]
    for may_name, run in groupby(marked, key=lambda pair: pair[0]):
        places = [k for _, k in run]
        words = [sentence[k] for k in places]
        titled = any(token.low in _TITLES for token in sentence[max(0, places[0] - 2) : places[0]])
        if may_name and (titled or any(token.tag == "NP0" for token in words)):
            yield from ((name.start, name.word) for name in _joined(words))


def _may_name(token: Token, opens: bool) -> bool:
    if not token.word[0].isupper() or not token.word.isalpha() or token.low in _TITLES or len(token.word) < 2:
        return False
    within = token.tag[:2] == "NN" or token.tag == "UNC" or token.low in _OPENERS
    return token.tag == "NP0" or (within and not opens)


def _joined(words: list[Token]) -> Iterator[Token]:
    """The words of a run, parted where more than a blank is between them."""
    name = words[0]
    for token in words[1:]:
        if token.start == name.end + 1:
            name = Token(name.start, token.end, f"{name.word} {token.word}", "NP0")
        else:
            yield name
            name = token
    yield name


def _own_words(whole: str, kind: str) -> list[str]:
    """The words of a name that are its own: a street's or a group's last word is not."""
    words = whole.split()
    return words[:-1] if kind in {"street", "group"} else words


def _standing(name: Name, text: str) -> list[re.Match[str]]:
    """Where a text says a name, or a word of it, by itself and not as part of a longer name."""
    keys = "|".join(re.escape(form) for one in name.spellings for form in (one, one.upper()))
    found = re.finditer(rf"{_PART_OF_LONGER}(?:{keys})(?!\w)(?!-[^\W\d_a-z])(?!['’](?!s\b)\w)", text)
    return [match for match in found if _is_alone(match, text)]


def _is_alone(match: re.Match[str], text: str) -> bool:
    before = text[max(0, match.start() - _LOOK) : match.start()]
    left, right = _WORD_BEFORE.search(before), _WORD_AFTER.match(text, match.end())
    if match[0] in _MONTHS_AND_NAMES and kind_of(match[0]) != "month" and _MONTH_BEFORE.search(before):
        return False
    ends = left and len(left[1]) > 2 and left[1].endswith(".")  # a sentence, unless it is a title
    joined = left and not ends and left[1][0].isupper() and left[1].casefold() not in _BEFORE_NAMES
    return not joined and not (right and right[1][0].isupper())


def _whole(name: Name, text: str) -> bool:
    """Whether each of the name's own words stands in a text as this name only."""
    spans = [match.span() for match in _standing(name, text)]
    forms = {form for word in _own_words(name.whole, name.kind) for form in (word, word.upper(), word.lower())}
    if name.kind == "person":  # may and mark are words
        forms -= {form for form in forms if form.islower()}
    keys = "|".join(map(re.escape, sorted(forms)))
    parts = re.finditer(rf"{_PART_OF_LONGER}(?:{keys})(?!\w)", text)
    return all(any(start <= part.start() < end for start, end in spans) for part in parts)


def _changes(text: str, name: Name, other: str) -> list[Change]:
    new = Name(other, name.kind).spellings
    forms = dict(zip(name.spellings[::-1], new[::-1] if len(new) == len(name.spellings) else [other], strict=True))
    forms |= {old.upper(): now.upper() for old, now in forms.items()}
    return [(*match.span(), forms[match[0]]) for match in _standing(name, text)]
