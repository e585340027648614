"""One where there were many, many where there was one."""

from __future__ import annotations

from failscape.concepts.text.base import TextConcept
from failscape.concepts.text.inflection import cased_like, inflected, lemma
from failscape.concepts.text.mass_nouns import MASS_NOUNS, PLURAL_ONLY
from failscape.concepts.text.spans import Change, spliced
from failscape.concepts.text.tags import Token, tagged

_ONE_NUMBER = MASS_NOUNS | PLURAL_ONLY


class SingularPlural(TextConcept):
    """Share of the common nouns turned from singular to plural or back; the words around them stay.

    Nouns that have one number only (``information``, ``trousers``) are left alone, and those before another noun.
    """

    name = "singular-plural"
    needs_english = True

    def edit(self, text: str, strength: float, seed: int) -> str:
        """The text with the drawn nouns in the other number."""
        known = toggles(text)
        return spliced(text, [known[place] for place in self.places(len(known), strength, seed)])


def _has_two_numbers(text: str, sentence: list[Token], i: int) -> bool:
    """Whether a word is a common noun that can be one and many where it stands: no owner, nor before a noun."""
    noun, after = sentence[i], sentence[i + 1] if i + 1 < len(sentence) else None
    if noun.tag not in {"NN1", "NN2"} or not noun.word[1:].islower() or noun.low in _ONE_NUMBER:
        return False
    if i and noun.word[0].isupper():  # a name that the tagger does not know
        return False
    joined = after is not None and after.tag[:2] == "NN" and after.start == noun.end + 1
    return not joined and text[noun.end : noun.end + 1] not in {"'", "’"}


def toggles(text: str) -> list[Change]:
    """Each common noun that has another number, and what it is then."""
    nouns = [n for sentence in tagged(text) for i, n in enumerate(sentence) if _has_two_numbers(text, sentence, i)]
    others = [lemma(n.word, "NOUN") if n.tag == "NN2" else inflected(n.low, "NNS") for n in nouns]
    return [
        (noun.start, noun.end, cased_like(other, noun.word))
        for noun, other in zip(nouns, others, strict=True)
        if other != noun.low
    ]
