"""The opposite said, in the text and in its reference."""

from __future__ import annotations

from typing import NamedTuple

from failscape.concepts.label_effect import TRANSFORMED
from failscape.concepts.text.base import TextConcept
from failscape.concepts.text.clauses import Denial, denial
from failscape.concepts.text.spans import spliced
from failscape.concepts.text.tags import Token, tagged


class Said(NamedTuple):
    """A sentence that can be denied: how, and the names, nouns and numbers it is about."""

    denial: Denial
    about: frozenset[str]


class Negate(TextConcept):
    """Share of the sentences denied: ``He did not go.`` for ``He went.``, and ``He went.`` where it was denied.

    The reference's sentences are denied, too, where the sentence of the article that they retell was: the one with
    the same main verb, and most words in common where there are several.
    """

    name = "negate"
    label_effect = TRANSFORMED

    def pair(self, article: str, reference: str, strength: float, seed: int) -> tuple[str, str]:
        """The article and its reference, each with sentences denied."""
        known = statements(article)
        drawn = set(self.places(len(known), strength, seed))
        retold = [said for said in statements(reference) if _source(said, known) in drawn]
        return _denied(article, [known[place] for place in sorted(drawn)]), _denied(reference, retold)

    def edit(self, text: str, strength: float, seed: int) -> str:
        """The article alone."""
        return self.pair(text, "", strength, seed)[0]


def statements(text: str) -> list[Said]:
    """The sentences of a text that can be denied."""
    found = [(denial(sentence), sentence) for sentence in tagged(text)]
    return [Said(how, _about(sentence)) for how, sentence in found if how is not None]


def _about(sentence: list[Token]) -> frozenset[str]:
    return frozenset(token.low for token in sentence if token.tag[:2] in {"NN", "NP", "CR", "VV", "AJ"})


def _source(said: Said, known: list[Said]) -> int:
    """Which statement of the article another one retells; -1 where none has its main verb."""
    same = [i for i, other in enumerate(known) if other.denial.verb == said.denial.verb]
    return max(same, key=lambda i: len(known[i].about & said.about), default=-1)


def _denied(text: str, statements: list[Said]) -> str:
    return spliced(text, [change for said in statements for change in said.denial.changes])
