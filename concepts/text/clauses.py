"""Sentences said and denied: where the main verb is, and how English turns it.

Follows the grammar of sentence negation (Huddleston and Pullum 2002, chapter 9): auxiliaries and ``be`` take ``not``,
other verbs take ``do``, and ``some``, ``already`` and ``too`` become ``any``, ``yet`` and ``either``. A sentence whose
denial these rules do not make is not denied.
"""

from __future__ import annotations

from typing import NamedTuple

from failscape.concepts.text.inflection import cased_like, inflected, lemma
from failscape.concepts.text.polarity import mended_words, turned_subject
from failscape.concepts.text.spans import Change
from failscape.concepts.text.tags import Token

OPENS = {"CJS", "CJT", "PNQ", "DTQ", "AVQ"}  # tags of words that begin a clause with a verb of its own
_FINITE = {*(f"V{verb}{form}" for verb in "VBHD" for form in "BDZ"), "VM0"}
_FULL = {"ca": "can", "wo": "will", "sha": "shall"}  # what is left of can't, won't, shan't
_NT = {"can": "can't", "will": "won't", "shall": "shan't"}
_NO_NT = {"am", "may", "might", "'m", "'s", "'re", "'ve", "'d", "'ll"}
_DO = {"B": "do", "Z": "does", "D": "did"}
# Verbs before a clause that no that opens: he said he was late.
_SAYING_AS_TEXT = "say think believe know hope claim argue suggest tell report feel mean add find admit deny"
_SAYING = frozenset(_SAYING_AS_TEXT.split())
_QUOTES = frozenset('"“”„«»‘`')
_NEVER_DENIED_AS_TEXT = "but nor neither hardly scarcely barely seldom rarely unless let lest both whether"
_NEVER_DENIED = frozenset(_NEVER_DENIED_AS_TEXT.split())
# Around the verb these would be denied, and not the sentence: only, also, still.
_FOCUS_AS_TEXT = "only also still even just almost nearly rather quite already ever first long soon merely mainly"
_FOCUS = frozenset(_FOCUS_AS_TEXT.split())


class Denial(NamedTuple):
    """How a sentence is denied, or said after all where it was denied."""

    verb: str  # lemma of the main verb, or of the adjective after be
    changes: tuple[Change, ...]


def denial(sentence: list[Token]) -> Denial | None:
    """The sentence's denial; None where it has no finite verb, or English denies it in a way that is not known here."""
    i = main_verb(sentence)
    if i is None or any(token.low in _NEVER_DENIED or token.word in _QUOTES for token in sentence):
        return None
    changes = turned_subject(sentence, i)
    if changes is None:
        changes = _turned_verb(sentence, i)
    return Denial(predicate(sentence, i), tuple(changes)) if changes else None


def _turned_verb(sentence: list[Token], i: int) -> list[Change]:
    """The changes that turn the verb at ``i`` and the words that go with it; none where it cannot be."""
    taken_back = _affirmed(sentence, i, _next(sentence, i))
    done = max((end for _, end, _ in taken_back), default=sentence[i].end)
    rest = mended_words([t for t in sentence[i + 1 :] if t.start >= done], not taken_back)
    if rest is None or (not taken_back and _has_focus(sentence, i)):
        return []
    if taken_back:
        return [] if others_finite(sentence, i) and not _says(sentence, i) else [*taken_back, *rest]
    joined = _joined_verbs(sentence, i)
    turned = _denied(sentence, i)
    return [] if joined is None or not turned else [*turned, *joined, *rest]


def _has_focus(sentence: list[Token], i: int) -> bool:
    after = _next(sentence, i)
    if after is not None and after.low == "already" and _helps(sentence, i):  # has already: has not yet
        return False
    return any(token.low in _FOCUS for token in sentence[max(0, i - 2) : i + 4])


def _says(sentence: list[Token], i: int) -> bool:
    return lemma(sentence[i].word, "VERB") in _SAYING


def main_verb(sentence: list[Token]) -> int | None:
    """The first finite verb that does not belong to a clause opened by who, that, when, ..."""
    open_clauses, first = 0, None
    for i, token in enumerate(sentence):
        if token.tag in OPENS:
            open_clauses += 1
        elif token.tag in _FINITE:
            first = i if first is None else first
            if not open_clauses or (sentence[0].tag in {"AVQ", "DTQ", "PNQ"} and sentence[-1].word == "?"):
                return i
            open_clauses -= 1
    return first


def others_finite(sentence: list[Token], i: int) -> list[int]:
    """Where other finite verbs stand behind the one at ``i`` that no who, that, when opens a clause for."""
    open_clauses, found = 0, []
    for j in range(i + 1, len(sentence)):
        if sentence[j].tag in OPENS:
            open_clauses += 1
        elif sentence[j].tag in _FINITE:
            if open_clauses:
                open_clauses -= 1
            else:
                found.append(j)
    return found


def _joined_verbs(sentence: list[Token], i: int) -> list[Change] | None:
    """``and fell`` as ``or fall`` after ``did not rise``; None where the first verb cannot be denied alone."""
    found = others_finite(sentence, i)
    if not found:
        return [*_joined_participles(sentence, i), *_joined_infinitives(sentence, i)]
    if _says(sentence, i) and not any(token.tag == "CJC" for token in sentence[i:]):
        return []
    same = all(sentence[j].tag == sentence[i].tag and sentence[j - 1].low in {",", "and", "or"} for j in found)
    if not same or sentence[i].tag[1] != "V" or _helps(sentence, i):
        return None
    changes: list[Change] = [(sentence[j].start, sentence[j].end, lemma(sentence[j].word, "VERB")) for j in found]
    changes += [(t.start, t.end, "or") for t in (sentence[j - 1] for j in found) if t.low == "and"]
    return changes + _joined_infinitives(sentence, i)


def _joined_infinitives(sentence: list[Token], i: int) -> list[Change]:
    """``do not read or write`` for ``read and write``, whose second verb is read as an infinitive."""
    changes: list[Change] = []
    for a, b in zip(sentence[i + 1 :], sentence[i + 2 :], strict=False):
        if a.tag in {"TO0", "VM0"}:
            break
        if a.low == "and" and b.tag == "VVI":
            changes.append((a.start, a.end, "or"))
    return changes if sentence[i].tag == "VVB" else []


def _joined_participles(sentence: list[Token], i: int) -> list[Change]:
    """``was not arrested or charged`` for ``was arrested and charged``."""
    pairs = zip(sentence[i + 1 :], sentence[i + 2 :], strict=False)
    return [(a.start, a.end, "or") for a, b in pairs if a.low == "and" and b.tag == "VVN"]


def predicate(sentence: list[Token], i: int) -> str:
    """The lemma of the verb that an auxiliary at ``i`` helps, of the adjective after be, or of the verb itself."""
    if sentence[i].tag[1] != "V":
        for token in sentence[i + 1 : i + 5]:
            if token.tag[0] == "V" and token.tag[2] in "INGD" and token.tag[1] == "V":
                return lemma(token.word, "VERB")
            if sentence[i].tag[1] == "B" and token.tag == "AJ0":
                return state_of(token)
    return {"'s": "be", "'re": "be", "'m": "be"}.get(sentence[i].low) or lemma(sentence[i].word, "VERB")


def state_of(token: Token) -> str:
    """What an adjective or participle says: ``close`` of ``closed``, ``open`` of ``open``."""
    verb = lemma(token.word, "VERB")
    return verb if token.tag != "AJ0" or inflected(verb, "VBN") == token.low else token.low


def _next(sentence: list[Token], i: int) -> Token | None:
    return sentence[i + 1] if i + 1 < len(sentence) else None


def _affirmed(sentence: list[Token], i: int, after: Token | None) -> list[Change]:
    """What is left out where a sentence is denied already, by not or never; empty where it is not."""
    verb, before = sentence[i], sentence[i - 1] if i else None
    if before and before.low == "never" and i > 1:
        return [(sentence[i - 2].end, before.end, "")]
    if after is None or after.low not in {"not", "n't", "never"}:
        return []
    infinitive = _next(sentence, i + 1)
    if verb.tag[1] == "D" and infinitive and infinitive.tag in {"VVI", "VBI", "VHI", "VDI"}:
        return [(verb.start, infinitive.end, cased_like(_with_form(infinitive, verb), verb.word))]
    if infinitive and infinitive.low == "yet":  # has not yet left
        return [(after.start, infinitive.end, "already")]
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
        after = _next(sentence, i)
        if after is not None and after.low == "already":
            return [(after.start, after.end, "not yet")]
        joined = "not" if verb.low == "can" else " not"
        return [(verb.end, verb.end, joined)]
    do, base = _DO[verb.tag[2]], lemma(verb.word, "VERB")
    return [(verb.start, verb.end, cased_like(f"{do} not {base}", verb.word))]


def _denied_question(sentence: list[Token], i: int) -> list[Change]:
    verb = sentence[i]
    asks = sentence[0].low if sentence[0].tag in {"AVQ", "DTQ", "PNQ"} else "why"
    if asks != "why" or not _helps(sentence, i, question=True) or verb.low in _NO_NT:
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
