"""Slips of single letters; strength is the share of the letters that the edit knows.

Figures and addresses stay, or something else would be said; so do letters that carry a mark of their own, which would
pass to the letter beside them.
"""

from __future__ import annotations

import unicodedata
from abc import abstractmethod

from failscape.concepts.text.base import TextConcept
from failscape.concepts.text.spans import ADDRESS, spliced, words

_MARKS = frozenset({"Mn", "Mc", "Me"})
LETTERS = "abcdefghijklmnopqrstuvwxyz"
ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")  # a US keyboard; each row is half a key to the right of the one above


def letters(text: str) -> list[int]:
    """Where the letters of a text are, but for those in addresses and those that a combining mark follows."""
    addresses = {i for match in ADDRESS.finditer(text) for i in range(*match.span())}
    return [i for i, sign in enumerate(text) if sign.isalpha() and i not in addresses and not _is_marked(text, i)]


def _is_marked(text: str, i: int) -> bool:
    return i + 1 < len(text) and unicodedata.category(text[i + 1]) in _MARKS


class CharacterEdit(TextConcept):
    """Writes something else in the place of single characters."""

    default_levels = (0.02, 0.05, 0.1, 0.2)

    def edit(self, text: str, strength: float, seed: int) -> str:
        """The text with the drawn characters replaced."""
        known = [i for i in letters(text) if self.knows(text[i])]
        places = self.places(len(known), strength, seed)
        written = list(text)
        for place, draw in zip(places, self.draws(seed, places), strict=True):
            at = known[place]
            written[at] = self.write(text[at], draw)
        return "".join(written)

    def knows(self, character: str) -> bool:
        """Whether the letter can be edited; all are."""
        return True

    @abstractmethod
    def write(self, character: str, draw: int) -> str:
        """What stands in the character's place."""


class DeleteCharacters(CharacterEdit):
    """Share of the letters left out."""

    name = "delete-characters"

    def write(self, character: str, draw: int) -> str:
        """Nothing."""
        return ""


class InsertCharacters(CharacterEdit):
    """Share of the letters followed by a random letter."""

    name = "insert-characters"

    def write(self, character: str, draw: int) -> str:
        """The character and another."""
        return character + LETTERS[draw % len(LETTERS)]


class RepeatCharacters(CharacterEdit):
    """Share of the letters typed twice."""

    name = "repeat-characters"

    def write(self, character: str, draw: int) -> str:
        """The character twice."""
        return character * 2


class ReplaceCharacters(CharacterEdit):
    """Share of the letters from a to z replaced by a neighbour on the keyboard, capitals by capitals."""

    name = "replace-characters"

    def knows(self, character: str) -> bool:
        """Whether there is a key for it."""
        return character.lower() in NEIGHBOURS

    def write(self, character: str, draw: int) -> str:
        """A neighbour on the keyboard."""
        keys = NEIGHBOURS[character.lower()]
        key = keys[draw % len(keys)]
        return key if character.islower() else key.upper()


class FlipCase(CharacterEdit):
    """Share of the letters turned from small to capital or back."""

    name = "flip-case"
    default_levels = (0.05, 0.1, 0.25, 0.5)

    def knows(self, character: str) -> bool:
        """Whether it has another case that is one character, too."""
        other = character.swapcase()
        return other != character and len(other) == 1

    def write(self, character: str, draw: int) -> str:
        """The other case."""
        return character.swapcase()


class SwapCharacters(TextConcept):
    """Share of the pairs of neighbouring letters swapped: ``abba`` becomes ``baab``.

    The pairs are cut from each word's first or second letter on, so that none shares a letter with another; pairs of
    one letter twice do not count.
    """

    name = "swap-characters"
    default_levels = (0.05, 0.1, 0.2, 0.4)

    def edit(self, text: str, strength: float, seed: int) -> str:
        """The text with the drawn pairs swapped."""
        spans = words(text)
        starts = self.draws(seed, range(len(spans)))
        pairs = [
            at
            for (start, end), draw in zip(spans, starts, strict=True)
            for at in range(start + (draw % 2 if end - start > 2 else 0), end - 1, 2)
            if text[at] != text[at + 1] and not _is_marked(text, at + 1)
        ]
        places = self.places(len(pairs), strength, seed)
        return spliced(text, [(pairs[p], pairs[p] + 2, text[pairs[p] + 1] + text[pairs[p]]) for p in places])


def _neighbours() -> dict[str, str]:
    """Which letters' keys touch each letter's key: the distance of their middles is below 1.2 keys."""
    keys = {key: (column + row / 2, row) for row, line in enumerate(ROWS) for column, key in enumerate(line)}
    return {
        key: "".join(k for k, (x2, y2) in keys.items() if k != key and (x - x2) ** 2 + (y - y2) ** 2 < 1.44)
        for key, (x, y) in keys.items()
    }


NEIGHBOURS = _neighbours()
