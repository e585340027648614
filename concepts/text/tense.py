"""The present told in the past, the past in the present."""

from __future__ import annotations

from failscape.concepts.text.base import TextConcept
from failscape.concepts.text.inflection import cased_like, inflected, lemma
from failscape.concepts.text.spans import Change, spliced
from failscape.concepts.text.tags import Token, tagged

_AUXILIARIES = {
    **{"is": "was", "am": "was", "are": "were", "has": "had", "does": "did", "'re": " were", "'m": " was"},
    **{"will": "would", "can": "could", "may": "might", "shall": "should", "'ll": "'d", "wo": "would", "ca": "could"},
    **{"were": "are", "would": "will", "could": "can", "might": "may"},
}
_MANY = {"i", "you", "we", "they"}


class VerbTense(TextConcept):
    """Share of the finite verbs told in the other tense: present in the past, past in the present."""

    name = "verb-tense"

    def edit(self, text: str, strength: float, seed: int) -> str:
        """The text with the drawn verbs in the other tense."""
        known = [change for sentence in tagged(text) for change in _toggles(sentence)]
        return spliced(text, [known[place] for place in self.places(len(known), strength, seed)])


def _toggles(sentence: list[Token]) -> list[Change]:
    found = [(token, other_tense(sentence, i)) for i, token in enumerate(sentence) if token.tag[0] == "V"]
    return [(t.start, t.end, cased_like(other, t.word)) for t, other in found if other and other != t.low]


def other_tense(sentence: list[Token], i: int) -> str:
    """The ``i``-th word, a verb, in the other tense; empty where it has none or is not finite."""
    verb = sentence[i]
    if verb.low in {"would", "could"} and i + 1 < len(sentence) and sentence[i + 1].low == "n't":
        return {"would": "wo", "could": "ca"}[verb.low]
    if verb.low == "were" and _is_one(_subject(sentence, i)):  # if I were you
        return ""
    if verb.low == "used" and i + 1 < len(sentence) and sentence[i + 1].low == "to":
        return ""
    if verb.tag[2] not in "BDZ0" or (not verb.word.isalpha() and verb.low not in _AUXILIARIES):
        return ""
    if verb.low in _AUXILIARIES:
        return _AUXILIARIES[verb.low]
    if verb.low == "was":
        return "am" if _subject(sentence, i).low == "i" else "is"
    if verb.tag == "VM0":
        return ""
    if verb.tag[2] == "D":
        return _present(lemma(verb.word, "VERB"), sentence, i)
    return inflected(lemma(verb.word, "VERB"), "VBD")


def _present(verb: str, sentence: list[Token], i: int) -> str:
    subject = _subject(sentence, i)
    many = subject.low in _MANY or subject.tag == "NN2"
    return verb if many else inflected(verb, "VBZ")


def _is_one(subject: Token) -> bool:
    return subject.low in {"i", "he", "she", "it", "this", "that"} or subject.tag in {"NN1", "NP0"}


def _subject(sentence: list[Token], i: int) -> Token:
    """The nearest noun, name or pronoun before a word: a guess at its subject."""
    before = (token for token in reversed(sentence[:i]) if token.tag[:2] in {"NN", "NP", "PN"})
    return next(before, sentence[i])
