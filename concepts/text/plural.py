"""One where there were many, many where there was one."""

from __future__ import annotations

from failscape.concepts.text.base import TextConcept
from failscape.concepts.text.inflection import cased_like, inflected, lemma
from failscape.concepts.text.spans import Change, spliced
from failscape.concepts.text.tags import tokens


class SingularPlural(TextConcept):
    """Share of the common nouns turned from singular to plural or back; the words around them stay."""

    name = "singular-plural"

    def edit(self, text: str, strength: float, seed: int) -> str:
        """The text with the drawn nouns in the other number."""
        known = toggles(text)
        return spliced(text, [known[place] for place in self.places(len(known), strength, seed)])


def toggles(text: str) -> list[Change]:
    """Each common noun that has another number, and what it is then."""
    nouns = [token for token in tokens(text) if token.tag in {"NN1", "NN2"} and token.word[1:].islower()]
    others = [lemma(n.word, "NOUN") if n.tag == "NN2" else inflected(n.low, "NNS") for n in nouns]
    return [
        (noun.start, noun.end, cased_like(other, noun.word))
        for noun, other in zip(nouns, others, strict=True)
        if other != noun.low
    ]
