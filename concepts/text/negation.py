"""The opposite said, in the text and in its reference."""

from __future__ import annotations

from collections.abc import Sequence

from failscape.concepts.label_effect import TRANSFORMED
from failscape.concepts.text.base import TextConcept
from failscape.concepts.text.promises import denied_alike
from failscape.concepts.text.spans import spliced
from failscape.concepts.text.statements import Statement, retold, statements


class Negate(TextConcept):
    """Share of the sentences denied: ``He did not go.`` for ``He went.``, and ``He went.`` where it was denied.

    What the reference retells of a denied sentence is denied, too. A sentence is left alone where English denies it in
    another way (two main clauses, quoted speech), or where the reference may rest on it and does not say it with the
    same verb.
    """

    name = "negate"
    needs_english = True
    label_effect = TRANSFORMED

    def pair(self, article: str, reference: str, strength: float, seed: int) -> tuple[str, str]:
        """The article and its reference, each with sentences denied."""
        said, summed_up = statements(article), statements(reference)
        known = retold(said, summed_up)
        drawn = [known[place] for place in self.places(len(known), strength, seed)]
        return _denied(article, [said[i] for i, _ in drawn]), _denied(
            reference, [summed_up[k] for _, retellings in drawn for k in retellings]
        )

    def edit(self, text: str, strength: float, seed: int) -> str:
        """The article alone."""
        return self.pair(text, "", strength, seed)[0]

    def kept(self, before: tuple[str, str], after: tuple[str, str]) -> bool:
        """Whether the reference denies what the article now denies, and nothing else."""
        return denied_alike(before[0], after[0], before[1], after[1])


def _denied(text: str, denied: Sequence[Statement]) -> str:
    return spliced(text, [change for said in denied if said.denial for change in said.denial.changes])
