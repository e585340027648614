"""What a text says, sentence by sentence, and what of it a reference retells.

A reference may add what else happened without a verb of its own: ``A bus hit a van, nobody hurt, road closed``. Each of
these is a statement, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from failscape.concepts.text.clauses import OPENS, Denial, denial, main_verb, predicate, state_of
from failscape.concepts.text.inflection import cased_like, inflected, lemma
from failscape.concepts.text.quantities import quantities
from failscape.concepts.text.spans import MEMORY, Change
from failscape.concepts.text.tags import Token, tagged

_KINDS = {"NN": "NOUN", "VV": "VERB", "AJ": "ADJ"}
_TURNED = {"nobody": "somebody", "somebody": "nobody", "nothing": "something", "something": "nothing"}


class Statement(NamedTuple):
    """A sentence, or a part of one that says something by itself."""

    denial: Denial | None  # None where it cannot be denied
    says: str  # lemma of the verb, participle or adjective; empty where there is none
    about: frozenset[str]  # its names, nouns, verbs, adjectives and numbers


@lru_cache(MEMORY)
def statements(text: str) -> tuple[Statement, ...]:
    """What a text says, in its order."""
    return tuple(statement for sentence in tagged(text) for statement in _of_sentence(text, sentence))


def retold(article: Sequence[Statement], reference: Sequence[Statement]) -> list[tuple[int, tuple[int, ...]]]:
    """Which statements of an article can be denied together with what a reference makes of them.

    A statement that the reference retells with the same verb can be, where both can be denied. One with which the
    reference has nothing in common can be where all that it says is told by others. What else the reference may rest on
    cannot be known from the words, and stays.

    Returns:
        Indices of statements of the article, and of those of the reference to be denied with each.
    """
    told_by = [_source(statement, article) for statement in reference]
    everything = {word for statement in reference for word in statement.about}
    found = []
    for i, statement in enumerate(article):
        if statement.denial is None:
            continue
        own = tuple(k for k, source in enumerate(told_by) if source == i)
        alike = all(reference[k].denial and reference[k].says == statement.says for k in own)
        apart = not own and not everything & statement.about and None not in told_by
        if (own and alike) or apart:
            found.append((i, own))
    return found


def _source(statement: Statement, article: Sequence[Statement]) -> int | None:
    """The statement of an article that another one retells: with the same verb, else two words in common."""
    alike = [(other.says == statement.says != "", len(other.about & statement.about)) for other in article]
    best = max(range(len(article)), key=lambda i: (alike[i][1] + alike[i][0], -i), default=None)
    if best is None or alike[best][1] + alike[best][0] < 2:
        return None
    return best


def _of_sentence(text: str, sentence: list[Token]) -> Iterator[Statement]:
    parts = list(_parts(sentence))
    short = [_without_verb(part) for part in parts]
    spoken = [not said and (_has_verb(part) or _names(part)) for part, said in zip(parts, short, strict=True)]
    sure = [said is not None and not _may_be_past(part) for part, said in zip(parts, short, strict=True)]
    whole: list[Token] = []
    for k, (part, said) in enumerate(zip(parts, short, strict=True)):
        beside = any(spoken[:k] + spoken[k + 1 :] + sure[:k] + sure[k + 1 :])
        if said is None or (_may_be_past(part) and not beside):
            whole += part
        else:
            yield Statement(said, said.verb, _about(text, part))
    if whole:
        i = main_verb(whole)
        yield Statement(denial(whole), "" if i is None else predicate(whole, i), _about(text, whole))


def _has_verb(part: list[Token]) -> bool:
    return main_verb(part) is not None and not any(token.tag in OPENS for token in part)


def _names(part: list[Token]) -> bool:
    """Whether a part is what a headline begins with: Fire in a bank."""
    return part[0].tag[:2] in {"NN", "NP", "AT"} and not any(token.tag[:2] == "AV" for token in part)


def _may_be_past(part: list[Token]) -> bool:
    """Whether ``closed`` may be what the road did: gas leaked from a pipe."""
    return next(token for token in part[1:] if _may_say(token)).tag == "VVD"


def _parts(sentence: list[Token]) -> Iterator[list[Token]]:
    """A sentence cut behind its commas."""
    part: list[Token] = []
    for token in sentence:
        part.append(token)
        if token.word in {",", ";"}:
            yield part
            part = []
    if part:
        yield part


def _without_verb(part: list[Token]) -> Denial | None:
    """The denial of ``road closed for 5 hours`` or ``nobody hurt``: a noun without article, and a participle."""
    at = next((k for k, token in enumerate(part) if k and _may_say(token)), None)
    if at is None or part[0].tag not in {"CRD", "NN0", "NN1", "NN2", "PNI", "NP0"} or part[0].low in {"it", "one"}:
        return None
    subject, what, rest = part[:at], part[at], part[at + 1 :]
    denied = subject[-1].low == "not"
    nouns = subject[:-1] if denied else subject
    if any(token.tag[:2] not in {"CR", "NN", "NP", "PN", "AJ"} for token in nouns):
        return None
    if (rest and rest[0].tag not in {"PRP", "PRF", "PUN", "AV0"}) or main_verb(rest) is not None:
        return None
    return Denial(state_of(what), tuple(_turned(nouns, subject, what, denied)))


def _may_say(token: Token) -> bool:
    """Whether a word may be an adjective or participle that says something of the noun before it."""
    if token.tag in {"VVN", "VVD"}:  # cut and hit are nouns as often
        verb = lemma(token.word, "VERB")
        return (verb != token.low and inflected(verb, "VBN") == token.low) or verb == "hurt"
    return token.tag == "AJ0"


def _turned(nouns: list[Token], subject: list[Token], what: Token, denied: bool) -> list[Change]:
    if denied:
        return [(nouns[-1].end, subject[-1].end, "")]
    first = nouns[0]
    if first.low in _TURNED:
        return [(first.start, first.end, cased_like(_TURNED[first.low], first.word))]
    return [(what.start, what.start, "not ")]


def _about(text: str, tokens: Sequence[Token]) -> frozenset[str]:
    start, end = tokens[0].start, tokens[-1].end
    numbers = {number.start: number.value for number in quantities(text) if start <= number.start < end}
    return frozenset(key for token in tokens if (key := numbers.get(token.start) or _key(token)))


def _key(token: Token) -> str:
    """By what a word is known: its lemma; empty where it says nothing by itself."""
    if token.tag == "PNI" and token.low in {"nobody", "one"}:
        return "nobody"
    if token.tag == "NP0" and token.word[0].isalpha():
        return token.low
    kind = _KINDS.get(token.tag[:2])
    return lemma(token.word, kind) if kind else ""
