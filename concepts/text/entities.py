"""Wrong names."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from failscape.concepts.text.names import kind_of, other_name
from failscape.concepts.text.swaps import Swap
from failscape.concepts.text.tags import Token, tagged

_WORDS_OF_TITLES = (
    "mr mrs ms dr sir lord lady prof professor president vice judge captain gen general sen senator gov governor "
    "minister prime secretary chancellor king queen prince princess chief mayor officer director bishop pope "
    "detective sergeant justice colonel lieutenant constable inspector superintendent coach chairman"
)
_TITLES = frozenset(_WORDS_OF_TITLES.split())
_OPENERS = frozenset({"new", "united", "south", "north", "east", "west", "great", "san"})  # New York, United Nations


class EntitySwap(Swap):
    """Share of the different names replaced by others of their kind: of people, places, groups, days and months.

    A person's last name alone becomes the new last name. New names are in neither article nor reference.
    """

    name = "entity-swap"

    def things(self, text: str) -> list[str]:
        """The names; a person's last name is part of the whole name."""
        found = list(dict.fromkeys(name for sentence in tagged(text) for name in names(sentence)))
        parts = {name.split()[-1] for name in found if kind_of(name) == "person"}
        return [name for name in found if name not in parts]

    def other(self, thing: str, draw: int) -> str:
        """Another name of its kind."""
        return other_name(thing, draw)

    def is_new(self, other: str, taken: set[str], texts: str) -> bool:
        """Whether neither text has any of its words, nor another replacement."""
        used = " ".join([texts, *taken])
        return not any(part in used for part in other.split())

    def aliases(self, thing: str, other: str, found: list[str]) -> dict[str, str]:
        """A person's last name, too."""
        if kind_of(thing) != "person" or other == thing:
            return {thing: other}
        return {thing.split()[-1]: other.split()[-1], thing: other}


def names(sentence: list[Token]) -> Iterator[str]:
    """Runs of capitalised words, a name among them at least; titles and the words that open a sentence stay out."""
    first = sentence[0].start if sentence else 0
    marked = [(_may_name(token, token.start == first), token) for token in sentence]
    for may_name, run in groupby(marked, key=lambda pair: pair[0]):
        words = [token for _, token in run]
        if may_name and any(token.tag == "NP0" for token in words):
            yield from _joined(words)


def _may_name(token: Token, opens: bool) -> bool:
    if not token.word[0].isupper() or not token.word.isalpha() or token.low in _TITLES or len(token.word) < 2:
        return False
    within = token.tag[:2] == "NN" or token.tag == "UNC" or token.low in _OPENERS
    return token.tag == "NP0" or (within and not opens)


def _joined(words: list[Token]) -> Iterator[str]:
    """The words of a run, parted where more than a blank is between them."""
    name = words[0]
    for token in words[1:]:
        if token.start == name.end + 1:
            name = Token(name.start, token.end, f"{name.word} {token.word}", "NP0")
        else:
            yield name.word
            name = token
    yield name.word
