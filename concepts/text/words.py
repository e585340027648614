"""Words left out, said twice and out of order: what stands between white space, or a sign of Chinese and the like."""

from __future__ import annotations

from failscape.common.languages import SPACELESS_SIGN
from failscape.concepts.label_effect import INVALIDATED
from failscape.concepts.text.base import TextConcept, count
from failscape.concepts.text.spans import Change, Span, chunks, spliced, without

WINDOW = 8  # words within which one may move


class DeleteWords(TextConcept):
    """Share of the words left out."""

    name = "delete-words"
    default_levels = (0.05, 0.1, 0.2, 0.4)
    label_effect = INVALIDATED

    def edit(self, text: str, strength: float, seed: int) -> str:
        """The text without the drawn words."""
        spans = chunks(text)
        return without(text, [spans[place] for place in self.places(len(spans), strength, seed)])


class RepeatWords(TextConcept):
    """Share of the words said twice."""

    name = "repeat-words"
    default_levels = (0.05, 0.1, 0.2, 0.4)

    def edit(self, text: str, strength: float, seed: int) -> str:
        """The text with the drawn words doubled."""
        spans = chunks(text)
        drawn = [spans[place] for place in self.places(len(spans), strength, seed)]
        return spliced(text, [(end, end, _blank_before(text, start) + text[start:end]) for start, end in drawn])


def _blank_before(text: str, start: int) -> str:
    """The blank between a word and the same word again; none where the script puts none."""
    return "" if SPACELESS_SIGN.match(text, start) else " "


class WordOrder(TextConcept):
    """Share of the words that change places, two at least, within each eight words that follow each other.

    The stronger, the more words move and the farther: two words of eight swap at a quarter, at 1 all eight move in a
    circle, whose order is drawn.
    """

    name = "word-order"

    def edit(self, text: str, strength: float, seed: int) -> str:
        """The text with its words moved."""
        spans = chunks(text)
        drawn = list(zip(self.draws(seed, range(len(spans))), spans, strict=True))
        changes: list[Change] = []
        for first in range(0, len(spans), WINDOW):
            window = [span for _, span in sorted(drawn[first : first + WINDOW])]
            changes += circled(text, window[: max(2, count(len(window), strength))])
        return spliced(text, changes)


def circled(text: str, spans: list[Span]) -> list[Change]:
    """Each span's words go to the next span's place, the last ones to the first's."""
    return [(*place, text[slice(*source)]) for place, source in zip(spans, [*spans[-1:], *spans[:-1]], strict=True)]
