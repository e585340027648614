"""Forms of a word: its lemma, its plural, its past; capitals and the article before it."""

from __future__ import annotations

import re
from functools import lru_cache

# Tags of the British National Corpus to the Penn Treebank's, which lemminflect takes.
FORMS = {
    **{"NN1": "NN", "NN2": "NNS", "AJ0": "JJ", "AV0": "RB"},
    **{"VVB": "VB", "VVI": "VB", "VVD": "VBD", "VVZ": "VBZ", "VVG": "VBG", "VVN": "VBN"},
}
_MEMORY = 2**14
_SILENT = re.compile(r"(?:hour|honest|honou?r|heir)", re.IGNORECASE)
_SPOKEN_Y_OR_W = re.compile(r"(?:uni(?![nm])|us[eu]|eu|one|once)", re.IGNORECASE)  # a union, a user


@lru_cache(_MEMORY)
def lemma(word: str, kind: str) -> str:
    """The lemma of a word that is a ``NOUN``, ``VERB``, ``ADJ`` or ``ADV``, in small letters."""
    from lemminflect import getLemma

    return (getLemma(word.lower(), kind) or (word.lower(),))[0]


@lru_cache(_MEMORY)
def inflected(lemma: str, form: str) -> str:
    """A lemma in the form of a Penn tag; the lemma itself where no such form is known."""
    from lemminflect import getInflection

    if form in {"VB", "NN", "JJ", "RB"}:
        return lemma
    return (getInflection(lemma, form) or (lemma,))[0]


def cased_like(word: str, model: str) -> str:
    """``word`` with capitals where ``model`` has them: none, the first, or all of them."""
    if model.isupper() and len(model) > 1:
        return word.upper()
    return word[:1].upper() + word[1:] if model[:1].isupper() else word


def article_for(word: str) -> str:
    """``a`` or ``an``, by how the word sounds."""
    if _SILENT.match(word):
        return "an"
    vowel = word[:1].lower() in "aeiou" and not _SPOKEN_Y_OR_W.match(word)
    return "an" if vowel else "a"
