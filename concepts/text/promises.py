"""Whether an edit did to a reference what it did to the article, by what the two say before and after.

An edit that promises so is believed for an item only where this finds it true.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from failscape.concepts.text.spans import sentences
from failscape.concepts.text.stop_words import STOP_WORDS

_STEM = 4  # letters in which opened and open are alike
_WORD = re.compile(r"\w+(?:['’]\w+)*")


def swapped_alike(article: Counter[str], reference: Counter[str], edited: Counter[str], retold: Counter[str]) -> bool:
    """Whether a reference follows an article in which facts were replaced by others.

    What is gone from the article, and is in the reference, must be gone from both; what is new in the reference must be
    new in the article, too, and nothing is where nothing was gone.

    Args:
        article: facts of the unedited article, and how often it says them.
        reference: those of its reference.
        edited: facts of the edited article.
        retold: those of the edited reference.
    """
    told = [fact for fact in article - edited if fact in reference]
    new = retold - reference
    return (
        not any(edited[fact] or retold[fact] for fact in told)
        and all(fact in edited - article for fact in new)
        and bool(new) == bool(told)
    )


def denied_alike(article: str, edited: str, reference: str, retold: str) -> bool:
    """Whether a reference denies the sentences that an edited article denies, as far as it retells them.

    A part of a reference retells a sentence where two words or more, function words aside, are in both. Of the parts
    that retell a sentence which was changed one at least must be changed, and each part that was changed must retell
    such a sentence.

    Args:
        article: the unedited article.
        edited: the article as the edit left it.
        reference: of the unedited article.
        retold: the same as the edit left it.
    """
    told, parts = _sentences(article), _parts(reference)
    changed, denied = _changed(told, _sentences(edited)), _changed(parts, _parts(retold))
    if changed is None or denied is None:
        return False
    retelling = [{k for k, part in enumerate(parts) if _retells(part, told[i])} for i in changed]
    followed = all(not some or some & denied for some in retelling)
    return followed and denied <= set().union(*retelling)


def _changed(before: Sequence[str], after: Sequence[str]) -> set[int] | None:
    """Which of some texts are others now; None where they are not as many."""
    if len(before) != len(after):
        return None
    return {i for i, (old, new) in enumerate(zip(before, after, strict=True)) if old != new}


def _sentences(text: str) -> list[str]:
    return [text[slice(*span)] for span in sentences(text)]


def _parts(text: str) -> list[str]:
    """What stands between the commas of a text's sentences."""
    return [part for sentence in _sentences(text) for part in re.split(r"[,;]\s(?!too\b|either\b)", sentence)]


def _retells(part: str, sentence: str) -> bool:
    own, told = _words(part), _words(sentence)
    return len(own & told) > 1 or own <= told


def _words(text: str) -> set[str]:
    """How the words of a text begin that are no function words, or all of them where there are no others."""
    words = set(_WORD.findall(text.lower()))
    return {word[:_STEM] for word in words - STOP_WORDS or words}
