"""Sentences said and denied: where the main verb is, and how English turns it.

Follows the grammar of sentence negation (Huddleston and Pullum 2002, chapter 9): auxiliaries and ``be`` take ``not``,
other verbs take ``do``.
"""

from __future__ import annotations

from typing import NamedTuple

from failscape.concepts.text.inflection import cased_like, inflected, lemma
from failscape.concepts.text.spans import Change
from failscape.concepts.text.tags import Token

_OPENS = {"CJS", "CJT", "PNQ", "DTQ", "AVQ"}  # tags of words that begin a clause with a verb of its own
_FINITE = {*(f"V{verb}{form}" for verb in "VBHD" for form in "BDZ"), "VM0"}
_FULL = {"ca": "can", "wo": "will", "sha": "shall"}  # what is left of can't, won't, shan't
_NT = {"can": "can't", "will": "won't", "shall": "shan't"}
_NO_NT = {"am", "may", "might", "'m", "'s", "'re", "'ve", "'d", "'ll"}
_DO = {"B": "do", "Z": "does", "D": "did"}


class Denial(NamedTuple):
    """How a sentence is denied, or said after all where it was denied."""

    verb: str  # lemma of the main verb
    changes: tuple[Change, ...]


def denial(sentence: list[Token]) -> Denial | None:
    """The sentence's denial; None where it has no finite verb, or is a question that English does not deny so."""
    i = main_verb(sentence)
    if i is None:
        return None
    j = _next(sentence, i)
    verb, changes = main_lemma(sentence, i), _affirmed(sentence, i, j) or _denied(sentence, i)
    return Denial(verb, tuple(changes)) if changes else None


def main_verb(sentence: list[Token]) -> int | None:
    """The first finite verb that does not belong to a clause opened by who, that, when, ..."""
    open_clauses, first = 0, None
    for i, token in enumerate(sentence):
        if token.tag in _OPENS:
            open_clauses += 1
        elif token.tag in _FINITE:
            first = i if first is None else first
            if not open_clauses or (sentence[0].tag in {"AVQ", "DTQ", "PNQ"} and sentence[-1].word == "?"):
                return i
            open_clauses -= 1
    return first


def main_lemma(sentence: list[Token], i: int) -> str:
    """The lemma of the verb that an auxiliary at ``i`` helps, or of the word itself where it helps none."""
    if sentence[i].tag[1] != "V":
        for token in sentence[i + 1 : i + 5]:
            if token.tag[0] == "V" and token.tag[2] in "INGD" and token.tag[1] == "V":
                return lemma(token.word, "VERB")
    return {"'s": "be", "'re": "be", "'m": "be"}.get(sentence[i].low) or lemma(sentence[i].word, "VERB")


def _next(sentence: list[Token], i: int) -> Token | None:
    return sentence[i + 1] if i + 1 < len(sentence) else None


def _affirmed(sentence: list[Token], i: int, after: Token | None) -> list[Change]:
    """What is left out where a sentence is denied already, by not, never or no; empty where it is not."""
    verb, before = sentence[i], sentence[i - 1] if i else None
    if before and before.low == "never" and i > 1:
        return [(sentence[i - 2].end, before.end, "")]
    if after is None:
        return []
    if after.low == "no" and i + 2 < len(sentence) and sentence[i + 2].tag[:2] == "NN":
        return [(after.start, after.end, "some")]
    if after.low not in {"not", "n't", "never"}:
        return []
    infinitive = _next(sentence, i + 1)
    if verb.tag[1] == "D" and infinitive and infinitive.tag in {"VVI", "VBI", "VHI", "VDI"}:
        return [(verb.start, infinitive.end, cased_like(_with_form(infinitive, verb), verb.word))]
    return [(verb.start, after.end, cased_like(_FULL.get(verb.low, verb.low), verb.word))]


def _with_form(infinitive: Token, do: Token) -> str:
    """``did (not) go`` as ``went``."""
    if do.low == "do":
        return {"be": "are"}.get(infinitive.low, infinitive.low)
    return inflected(lemma(infinitive.word, "VERB"), "VBD" if do.low == "did" else "VBZ")


def _denied(sentence: list[Token], i: int) -> list[Change]:
    """What is written where a sentence is not denied yet."""
    verb = sentence[i]
    if sentence[-1].word == "?" and (i == 0 or sentence[i - 1].tag in {"AVQ", "DTQ", "PNQ"}):
        return _denied_question(sentence, i)
    if _helps(sentence, i):
        if i == 0:  # Had he known, ...
            return []
        joined = "not" if verb.low == "can" else " not"
        return [(verb.end, verb.end, joined)]
    do, base = _DO[verb.tag[2]], lemma(verb.word, "VERB")
    return [(verb.start, verb.end, cased_like(f"{do} not {base}", verb.word))]


def _denied_question(sentence: list[Token], i: int) -> list[Change]:
    verb = sentence[i]
    if not _helps(sentence, i, question=True) or verb.low in _NO_NT:
        return []
    return [(verb.start, verb.end, cased_like(_NT.get(verb.low, f"{verb.low}n't"), verb.word))]


def _helps(sentence: list[Token], i: int, question: bool = False) -> bool:
    """Whether the verb at ``i`` takes ``not`` itself: be, a modal, or have and do before the verb they help."""
    kind = sentence[i].tag[1]
    if kind in "BM":
        return True
    ahead = sentence[i + 1 : i + (6 if question else 4)]
    if kind == "H":
        return any(token.tag[0] == "V" and token.tag[2] in {"N", "D"} for token in ahead)
    return kind == "D" and any(token.tag[0] == "V" and token.tag[2] == "I" for token in ahead)
