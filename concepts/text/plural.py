"""One where there were many, many where there was one."""

from __future__ import annotations

from failscape.concepts.text.base import TextConcept
from failscape.concepts.text.inflection import cased_like, inflected, lemma
from failscape.concepts.text.mass_nouns import MASS_NOUNS, PLURAL_ONLY
from failscape.concepts.text.spans import Change, spliced
from failscape.concepts.text.tags import tokens

_ONE_NUMBER = MASS_NOUNS | PLURAL_ONLY


class SingularPlural(TextConcept):
    """Share of the common nouns turned from singular to plural or back; the words around them stay.

    Nouns that have one number only (``information``, ``trousers``) are left alone.
    """

    name = "singular-plural"

    def edit(self, text: str, strength: float, seed: int) -> str:
        """The text with the drawn nouns in the other number."""
        known = toggles(text)
        return spliced(text, [known[place] for place in self.places(len(known), strength, seed)])


def toggles(text: str) -> list[Change]:
    """Each common noun that has another number, and what it is then."""
    read = [t for t in tokens(text) if t.tag in {"NN1", "NN2"} and t.word[1:].islower() and t.low not in _ONE_NUMBER]
    nouns = [token for token in read if text[token.end : token.end + 1] not in {"'", "’"}]  # drivers'
    others = [lemma(n.word, "NOUN") if n.tag == "NN2" else inflected(n.low, "NNS") for n in nouns]
    return [
        (noun.start, noun.end, cased_like(other, noun.word))
        for noun, other in zip(nouns, others, strict=True)
        if other != noun.low
    ]
