"""Edits in words for people who are not engineers: ``turned clockwise by 10 degrees``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from failscape.analysis.grids.product_names import edge, ends, levels_name
from failscape.concepts import Concept, ConceptSpace
from failscape.concepts.plain_words import Amount, Words, share


def plain_names(space: ConceptSpace, box: Sequence[Sequence[int]]) -> list[str]:
    """The levels of each axis that a box does not hold whole, in words."""
    axes = zip(space.concepts, box, strict=True)
    return [edit_in_words(concept, levels) for concept, levels in axes if len(levels) < len(concept.levels)]


def kind_in_words(concept: type[Concept]) -> str:
    """What kind of edit a concept makes: ``bad focus``."""
    return concept.kind or concept.name.replace("-", " ")


def edit_in_words(concept: Concept, levels: Sequence[int], *, says_end: bool = True) -> str:
    """Some levels of a concept, a run of them where they have an order, and whether they end where the tests did.

    ``turned clockwise by 10 to 20 degrees``, ``in fog of strength 3 on a scale to 5 (nothing beyond that was tested)``.
    What has no words of its own is told by the sentence that describes it, or by its name: ``noise 0.5``.
    """
    words = _words_of(concept)
    if words is None:
        return f"with {levels_name(concept, levels)}"
    first, last = levels[0], levels[-1]
    if ends(concept, first, last) == (concept.identity, concept.identity):
        return f"with {concept.name} left out"
    is_end = says_end and len(levels) < len(concept.levels) and edge(concept, first, last)
    return words(*ends(concept, first, last)) + (" (nothing beyond that was tested)" if is_end else "")


def edit_tested(concept: Concept) -> str | None:
    """All that was tested of an edit, with its name, by which examples call it; None where it has no words."""
    words = _words_of(concept)
    if words is None:
        return None
    low, high = ends(concept, 0, len(concept.levels) - 1)
    told, n = words(low, high), len(concept.levels)
    least = concept.level_name(0) if concept.edges is None else concept.quantity(low)
    most = concept.level_name(n - 1) if concept.edges is None else concept.quantity(high)
    span = least if n == 1 else f"{least} to {most}, in {n} steps"
    return f"{told[:1].upper()}{told[1:]} (called {concept.name} {span})"


def _words_of(concept: Concept) -> Words | None:
    if concept.words is not None:
        return concept.words
    # An edit whose description says what its strength is a share or a number of is told by that sentence.
    described = " ".join((type(concept).__doc__ or "").replace("``", "").split())
    found = re.match(r"(Share|Number) of (.*?)(?:[:;]|\.(?: [A-Z]|$))", described)
    if found and found[1] == "Share":
        return share(f"with {{}} of {found[2]}")
    return Amount(f"with {{}} {found[2]}") if found else None
