"""Parts of speech: which words of a text are nouns, verbs, adjectives.

Tags are those of the British National Corpus (CLAWS C5), as HanTa's English model gives them: ``NN1`` and ``NN2`` are
nouns of one and of many, ``NP0`` is a name, ``AJ0`` an adjective, ``VV*`` a verb and ``VB*``, ``VH*``, ``VD*`` be, have
and do: ``B`` base, ``D`` past, ``Z`` third person, ``G`` -ing, ``N`` participle, ``I`` infinitive; ``VM0`` is a modal.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from failscape.concepts.text.spans import ADDRESS, Span, sentences

# isn't is two words, is and n't; so are he's and cannot. Addresses of the web, numbers, initials and words with hyphens
# are one, and so are four and more of one mark: a line of dashes, a page of exclamation marks.
_TOKEN = re.compile(
    ADDRESS.pattern
    + r""" | can(?=not\b) | \w+(?=n['’]t\b) | n['’]t\b | ['’](?:s|re|ve|d|ll|m)\b
    | \d+(?:[.,:]\d+)*(?![^\W\d_]) | (?:[^\W\d_]\.){2,} | \w+(?:-\w+)* | ([^\w\s])\1{3,} | [^\w\s]""",
    re.IGNORECASE | re.VERBOSE,
)
_LONGEST = 24  # letters of a word: the longest that the tagger knows has 22, and its time grows with their square
# Letters among figures or figures among letters, and three capitals after small letters: base64, hashes, addresses.
_CODE = re.compile(r"\b(?=\w{7}) (?:\w*(?:\d[^\W\d_]+\d|[^\W\d_]\d+[^\W\d_]) | (?:\w*[a-z][A-Z]){3})", re.VERBOSE)
_NO_WORD, _STAND_IN = "UNC", "thing"  # what is no word stands in its sentence as a noun does
_WORDS = 2**16
_SENTENCES = 2**15  # whose tags are remembered


class Token(NamedTuple):
    """A word or mark: where it is in its text, and what part of speech."""

    start: int
    end: int
    word: str
    tag: str

    @property
    def low(self) -> str:
        """The word in small letters, its apostrophe straight."""
        return self.word.lower().replace("’", "'")


def tagged(text: str) -> list[list[Token]]:
    """The tokens of each sentence."""
    return [
        [Token(start + a, start + b, text[start + a : start + b], tag) for a, b, tag in _tags(text[start:end])]
        for start, end in sentences(text)
    ]


def tokens(text: str) -> list[Token]:
    """The tokens of all sentences."""
    return [token for sentence in tagged(text) for token in sentence]


@lru_cache(_SENTENCES)
def _tags(sentence: str) -> tuple[tuple[int, int, str], ...]:
    """Where each token of one sentence is, and its tag. A tagger takes milliseconds: it reads a sentence once."""
    spans = [match.span() for match in _TOKEN.finditer(sentence)]
    known = [_is_word(sentence, span) for span in spans]
    words = [_plain(sentence, span) if know else _STAND_IN for span, know in zip(spans, known, strict=True)]
    tags = _tagger().tag_sent(words, taglevel=0)
    tags = [tag if know else _NO_WORD for tag, know in zip(tags, known, strict=True)]
    return tuple((start, end, tag) for (start, end), tag in zip(spans, tags, strict=True))


def _is_word(sentence: str, span: Span) -> bool:
    """Whether the tagger is asked: unknown words take it a millisecond each, and base64 is made of them."""
    start, end = span
    return (
        end - start <= _LONGEST and not _CODE.search(sentence, start, end) and not ADDRESS.match(sentence, start, end)
    )


def _plain(sentence: str, span: Span) -> str:
    return sentence[slice(*span)].replace("’", "'")


@cache
def _tagger() -> Any:
    from HanTa import HanoverTagger as package  # 0.15 s

    # The model is a pickle. By its bare name a file in the working directory would be read before the package's own.
    tagger = package.HanoverTagger(str(Path(package.__file__).with_name("morphmodel_en.pgz")))
    tagger.analyze_forward = lru_cache(_WORDS)(tagger.analyze_forward)  # what takes the time: words it does not know
    return tagger
