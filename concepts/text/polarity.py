"""Words that change their form where a sentence is denied, or said after all: nobody and somebody, some and any."""

from __future__ import annotations

from collections.abc import Sequence

from failscape.concepts.text.inflection import article_for, cased_like
from failscape.concepts.text.mass_nouns import MASS_NOUNS
from failscape.concepts.text.spans import Change
from failscape.concepts.text.tags import Token

_SUBJECTS = {"nobody": "somebody", "nothing": "something", "somebody": "nobody", "something": "nothing"}
_SUBJECTS |= {"someone": "no one"}
_ALL_AS_TEXT = "everyone everybody everything all every many most"
_ALL = frozenset(_ALL_AS_TEXT.split())
_UNTURNED_AS_TEXT = "none few little each any anyone anybody anything either another several half not"
_UNTURNED = frozenset(_UNTURNED_AS_TEXT.split())
_DENIED = {"some": "any", "someone": "anyone", "somebody": "anybody", "something": "anything"}
_SAID = {after: before for before, after in _DENIED.items()}
_NEGATIVE_AS_TEXT = "no nobody nothing none never nowhere not n't"
_NEGATIVE = frozenset(_NEGATIVE_AS_TEXT.split())
# What a sentence that was denied has and one that is said has not, and the other way round.
_ONLY_DENIED_AS_TEXT = "any anymore anywhere either ever until yet much longer"
_ONLY_DENIED = frozenset(_ONLY_DENIED_AS_TEXT.split())
_ONLY_SAID_AS_TEXT = "already somewhat"
_ONLY_SAID = frozenset(_ONLY_SAID_AS_TEXT.split())


def turned_subject(sentence: Sequence[Token], i: int) -> list[Change] | None:
    """How a sentence is turned by its subject or what follows there is; empty: it cannot be, None: by its verb."""
    for k, token in enumerate(sentence[:i]):
        after = sentence[k + 1]
        if token.low == "not":
            return _without_not(token, after) if k == 0 and after.low in _ALL else []
        if token.low == "no" and after.low == "one":
            return [(token.start, after.end, cased_like("someone", token.word))] if _is_plain(sentence, i) else []
        if token.low == "no":
            return _some(token, after)
        if token.low in _SUBJECTS:
            turned = [(token.start, token.end, cased_like(_SUBJECTS[token.low], token.word))]
            return turned if _is_plain(sentence, i) else []
        if token.low in _ALL:
            return _not_all(token) if k == 0 and _is_plain(sentence, i) else []
        if token.low == "some" and after.tag == "NN2":
            return [(token.start, token.end, cased_like("no", token.word))] if _is_plain(sentence, i) else []
        if token.low in _UNTURNED or token.low in _DENIED:
            return []
    nxt = sentence[i + 1 : i + 3]
    if len(nxt) == 2 and nxt[0].low == "no" and nxt[1].tag[:2] in {"NN", "AJ"}:
        return _some(nxt[0], nxt[1])
    return None


def mended_words(rest: Sequence[Token], denied: bool) -> list[Change] | None:
    """How the words behind the verb follow: some and any, too and either; None where they cannot.

    Args:
        rest: the sentence behind what is turned.
        denied: whether the sentence is denied now; else it is said after all.
    """
    swap, stuck = (_DENIED, _NEGATIVE | _ONLY_SAID) if denied else (_SAID, _NEGATIVE | _ONLY_DENIED)
    last, other = ("too", "either") if denied else ("either", "too")
    changes: list[Change] = []
    for k, token in enumerate(rest):
        before, after = rest[k - 1] if k else None, rest[k + 1] if k + 1 < len(rest) else None
        if token.low == last and before and before.word == "," and after and after.tag == "PUN":
            changes.append((token.start, token.end, other))
        elif denied and token.low == "already" and k == 0:  # not yet stands there
            continue
        elif denied and token.low == "some" and before is not None and before.low == "and":
            changes += [(before.start, before.end, "or"), (token.start, token.end, "any")]
        elif token.low in swap and not (token.low == "any" and after and after.tag == "NN1" and not _is_mass(after)):
            changes.append((token.start, token.end, cased_like(swap[token.low], token.word)))
        elif token.low in stuck:
            return None
    return changes


def _is_plain(sentence: Sequence[Token], i: int) -> bool:
    """Whether the verb behind a subject that is turned has no denial of its own, nor words that go with one."""
    return not any(token.low in _NEGATIVE | _ONLY_DENIED | _DENIED.keys() for token in sentence[i + 1 :])


def _some(no: Token, noun: Token) -> list[Change]:
    if noun.tag == "NN2" or _is_mass(noun):
        return [(no.start, no.end, cased_like("some", no.word))]
    if noun.tag in {"NN1", "AJ0"}:
        return [(no.start, no.end, cased_like(article_for(noun.word), no.word))] if noun.tag == "NN1" else []
    return []


def _is_mass(noun: Token) -> bool:
    return noun.low in MASS_NOUNS


def _without_not(no: Token, after: Token) -> list[Change]:
    return [(no.start, after.end, cased_like(after.word, no.word))]


def _not_all(token: Token) -> list[Change]:
    return [(token.start, token.end, f"{cased_like('not', token.word)} {token.low}")]
