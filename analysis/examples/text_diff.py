"""What differs between two texts, word by word, shortened around the differences.

Shapes: ``n`` pieces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby, pairwise
from typing import NamedTuple

SAME, REMOVED, ADDED, MISSING, GAP = "same", "removed", "added", "missing", "gap"
CONTEXT = 8  # words left standing on either side of a change
LONGEST = 24  # words of one change that are shown whole
MOST = 160  # words of a text shown in all
CROWDED = 0.3  # share of words respelt from which their old spelling is left out
ALIKE = 0.5  # likeness of letters from which one word is another respelt
IN_STEP = 0.9  # share of words that must be respelt or the same for two texts to go word by word
_OPENING = "([{„“‘\"'-–/"  # a word may follow at once
_WORD = re.compile(r"\d+(?:[.,:]\d+)+|\w+(?:['’-]\w+)*|[^\w\s]")


class Piece(NamedTuple):
    """A stretch of a text that is the same in another, or only in one of them; of a gap, what to say instead."""

    kind: str  # SAME, REMOVED, ADDED, MISSING (wanted and not there) or GAP
    text: str

    @property
    def bare(self) -> str:
        """The text without the white space at its end."""
        return self.text.rstrip()

    @property
    def space(self) -> str:
        """The white space at its end."""
        return self.text[len(self.bare) :]


class _Token(NamedTuple):
    kind: str
    word: str
    space: str  # white space after it


def word_diff(before: str, after: str, key: Callable[[str], str] = str) -> list[Piece]:
    """How ``before`` becomes ``after``: the pieces but the added ones are its words, but the removed ones the other's.

    Words and signs are compared, white space is not; what stays is written as in ``after``. Where as many words go as
    come, each stands beside the one it was.

    Args:
        before: a text.
        after: another.
        key: what of a word must agree; ``str.casefold`` overlooks capitals.
    """
    return _joined(_slid(_compare(before, after, key)), apart=True)


def marked(text: str, other: str, kind: str) -> list[Piece]:
    """One text alone, the words that ``other`` has not got (or elsewhere) as pieces of a kind; capitals are no matter.

    Signs are never marked, for no reader misses a comma.
    """
    tokens = _compare(other, text, str.casefold)
    own = [token for token in tokens if token.kind != REMOVED]
    plain = [t._replace(kind=kind if t.kind == ADDED and t.word[:1].isalnum() else SAME) for t in own]
    return _joined(plain)


def shortened(pieces: Sequence[Piece], context: int = CONTEXT, longest: int = LONGEST, most: int = MOST) -> list[Piece]:
    """The pieces with what is far from any change left out, and told by its number of words: ``… 40 words …``.

    Args:
        pieces: as :func:`word_diff` gives them.
        context: words kept on either side of a change.
        longest: words of one change kept.
        most: words kept in all; the rest is counted.
    """
    kept: list[Piece] = []
    for i, piece in enumerate(pieces):
        if piece.kind == SAME:
            ends = (context if i else 0), (context if i < len(pieces) - 1 else 0)
            kept += _cut(piece, *(ends if len(pieces) > 1 else (longest, 0)))
        else:
            kept += _cut(piece, longest - context, context)
    return list(_at_most(kept, most))


def uncrowded(pieces: Sequence[Piece]) -> list[Piece]:
    """The pieces; where very many words are only respelt, without their old spelling, which anyone can read off.

    A number keeps its old one.
    """
    n_words = sum(len(text.split()) for kind, text in pieces if kind != REMOVED)
    respelt = [
        i
        for i, (old, new) in enumerate(pairwise(pieces))
        if (old.kind, new.kind) == (REMOVED, ADDED) and _alike(old.bare, new.bare) and not re.search(r"\d", old.text)
    ]
    if len(respelt) <= CROWDED * n_words:
        return list(pieces)
    return [piece for i, piece in enumerate(pieces) if i not in set(respelt)]


def plain_marks(pieces: Sequence[Piece]) -> str:
    """The pieces as plain text: ``[-removed or missing-]`` and ``{+added+}``, as wdiff writes them."""
    signs = {REMOVED: ("[-", "-]"), MISSING: ("[-", "-]"), ADDED: ("{+", "+}")}
    parts = []
    for piece in pieces:
        first, last = signs.get(piece.kind, ("", ""))
        parts.append(f"{first}{piece.bare}{last}{piece.space}" if piece.bare else piece.text)
    return "".join(parts).strip()


def n_changes(pieces: Sequence[Piece]) -> int:
    """Words that were removed or added."""
    return sum(len(text.split()) for kind, text in pieces if kind in (REMOVED, ADDED))


def _joined(tokens: Sequence[_Token], *, apart: bool = False) -> list[Piece]:
    """Neighbours of one kind as one piece; ``apart`` keeps words of two texts from running into each other."""
    found: list[Piece] = []
    for kind, word, space in tokens:
        if found and found[-1].kind == kind:
            found[-1] = Piece(kind, found[-1].text + word + space)
            continue
        if apart and found and not found[-1].space and word[:1].isalnum() and found[-1].text[-1:] not in _OPENING:
            found[-1] = Piece(found[-1].kind, found[-1].text + " ")
        found.append(Piece(kind, word + space))
    return found


def _compare(before: str, after: str, key: Callable[[str], str]) -> list[_Token]:
    old, new = _words(before), _words(after)
    keys = [key(word) for word, _ in old], [key(word) for word, _ in new]
    found: list[_Token] = []
    for same, i, j, k, m in _blocks(*keys):
        if same:
            found += [_Token(SAME, *pair) for pair in new[k:m]]
        else:
            found += _change([_Token(REMOVED, *pair) for pair in old[i:j]], [_Token(ADDED, *p) for p in new[k:m]])
    return found


def _blocks(old: list[str], new: list[str]) -> list[tuple[bool, int, int, int, int]]:
    """Whether words are the same, from where to where in either text."""
    if len(old) == len(new) and sum(map(_alike, old, new)) >= IN_STEP * len(old):
        return [(one == other, i, i + 1, i, i + 1) for i, (one, other) in enumerate(zip(old, new, strict=True))]
    # Full stops alone are no landmarks.
    matcher = SequenceMatcher(lambda word: not word[:1].isalnum(), old, new, autojunk=False)
    return [(how == "equal", i, j, k, m) for how, i, j, k, m in matcher.get_opcodes()]


def _change(removed: list[_Token], added: list[_Token]) -> list[_Token]:
    """Words for words beside each other; else what goes before what comes."""
    if len(removed) == len(added):
        return [token for pair in zip(removed, added, strict=True) for token in pair]
    return [*removed, *added]


def _slid(tokens: list[_Token]) -> list[_Token]:
    """Changes from one full stop to the next end with theirs, and do not begin with the one before."""
    slid, start = list(tokens), 0
    for kind, group in groupby(tokens, key=lambda token: token.kind):
        first, start = start, start + len(list(group))
        if kind == SAME or first == 0 or start == len(tokens):
            continue
        one, other = tokens[first], tokens[start]
        between = tokens[first - 1].kind == other.kind == SAME
        if between and one.word == other.word and not one.word[:1].isalnum():
            slid[first], slid[start] = one._replace(kind=SAME), other._replace(kind=kind)
    return slid


def _alike(one: str, other: str) -> bool:
    """Whether a word may be another one respelt: most letters agree, or stand where look-alikes of ASCII stood."""
    one, other = one.casefold(), other.casefold()
    if len(one) == len(other) and all(a == b or ord(a) < 128 <= ord(b) for a, b in zip(one, other, strict=True)):
        return True
    return SequenceMatcher(None, one, other).ratio() >= ALIKE


def _words(text: str) -> list[tuple[str, str]]:
    """Words and signs, each with the white space after it; that before the first is dropped."""
    found = list(_WORD.finditer(text))
    ends = [*(match.start() for match in found[1:]), len(text)][: len(found)]
    return [(match[0], text[match.end() : end]) for match, end in zip(found, ends, strict=True)]


def _cut(piece: Piece, first: int, last: int) -> list[Piece]:
    """A piece of ``first`` words, a gap, and ``last`` words; whole where a gap would save next to nothing."""
    words = re.findall(r"\S+\s*", piece.text)
    left_out = len(words) - first - last
    if left_out <= 3:
        return [piece]
    gap = Piece(GAP, f"… {left_out} words … " if piece.kind == SAME else f"… {left_out} words {piece.kind} … ")
    sides = Piece(piece.kind, "".join(words[:first])), Piece(piece.kind, "".join(words[len(words) - last :]))
    return [part for part in (sides[0], gap, sides[1]) if part.text]


def _n_words(piece: Piece) -> int:
    """Words of a piece; of a gap, those that it stands for."""
    return int(piece.text.split()[1]) if piece.kind == GAP else len(piece.text.split())


def _at_most(pieces: Sequence[Piece], most: int) -> Iterator[Piece]:
    room = most
    for i, piece in enumerate(pieces):
        n_words = 0 if piece.kind == GAP else len(piece.text.split())
        if n_words > room:
            n_left = sum(map(_n_words, pieces[i:]))
            changes = n_changes(pieces[i:])
            more = f", {changes} or more of them changed" if changes else ""
            yield Piece(GAP, f"… {n_left} more words{more} …")
            return
        room -= n_words
        yield piece
