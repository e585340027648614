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
_QUOTES = frozenset("\"”’'»")
_MANY = {"i", "you", "we", "they"}


class VerbTense(TextConcept):
    """Share of the finite verbs told in the other tense: present in the past, past in the present."""

    name = "verb-tense"
    needs_english = True

    def edit(self, text: str, strength: float, seed: int) -> str:
        """The text with the drawn verbs in the other tense."""
        known = [change for sentence in tagged(text) for change in _toggles(sentence)]
        return spliced(text, [known[place] for place in self.places(len(known), strength, seed)])


def _toggles(sentence: list[Token]) -> list[Change]:
    words = {token.low for token in sentence}
    unreal = "if" in words and any(t.low == "were" and _is_one(_subject(sentence, i)) for i, t in enumerate(sentence))
    if unreal or any(_used_to(sentence, i) for i in range(len(sentence))):  # if I were you; he used to
        return []
    found = [(token, other_tense(sentence, i)) for i, token in enumerate(sentence) if token.tag[0] == "V"]
    return [(t.start, t.end, cased_like(other, t.word)) for t, other in found if other and other != t.low]


def other_tense(sentence: list[Token], i: int) -> str:
    """The ``i``-th word, a verb, in the other tense; empty where it has none or is not finite."""
    verb = sentence[i]
    if verb.low in {"would", "could"} and i + 1 < len(sentence) and sentence[i + 1].low == "n't":
        return {"would": "wo", "could": "ca"}[verb.low]
    if verb.low == "were" and _is_one(_subject(sentence, i)):  # if I were you
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


def _used_to(sentence: list[Token], i: int) -> bool:
    return sentence[i].low == "used" and i + 1 < len(sentence) and sentence[i + 1].low == "to"


def _present(verb: str, sentence: list[Token], i: int) -> str:
    first = _first_of_joined(sentence, i)
    subject = _subject(sentence, first)
    many = subject.low in _MANY or subject.tag == "NN2" or _are_joined(sentence, first)
    return verb if many else inflected(verb, "VBZ")


def _first_of_joined(sentence: list[Token], i: int) -> int:
    """The first of verbs that have one subject: of ``examined`` and ``found`` in ``examined them and found``."""
    while i and sentence[i - 1].tag in {"CJC", "PUN"}:
        before = [k for k in range(i - 1) if sentence[k].tag[0] == "V" and sentence[k].tag[2] in "BDZ0"]
        if not before:
            break
        i = before[-1]
    return i


def _is_one(subject: Token) -> bool:
    return subject.low in {"i", "he", "she", "it", "this", "that"} or subject.tag in {"NN1", "NP0"}


def _are_joined(sentence: list[Token], i: int) -> bool:
    """Whether ``and`` joins nouns before a verb and behind the verb before it: Anna and Tom."""
    start = max((k + 1 for k in range(i) if sentence[k].tag[0] == "V" or sentence[k].word == ","), default=0)
    pairs = zip(sentence[start:i], sentence[start + 1 : i], strict=False)
    return any(b.low == "and" and a.tag[:2] in {"NN", "NP", "PN"} for a, b in pairs)


def _subject(sentence: list[Token], i: int) -> Token:
    """The nearest noun, name or pronoun before a word, or behind it after a quotation: a guess at its subject."""
    if 0 < i < len(sentence) - 1 and sentence[i - 1].word in _QUOTES and sentence[i + 1].tag[:2] in {"NP", "PN"}:
        return sentence[i + 1]
    before = (token for token in reversed(sentence[:i]) if token.tag[:2] in {"NN", "NP", "PN"})
    return next(before, sentence[i])
