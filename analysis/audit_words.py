"""What an audit calls things: pictures that are answered, articles that are summarized."""

from __future__ import annotations

from typing import NamedTuple

from failscape.analysis.strips import meaning
from failscape.analysis.text_strips import edit_meaning, edits_of
from failscape.concepts import Concept, ConceptSpace


class Words(NamedTuple):
    """Words for the items and for what the target does with them."""

    things: str
    task: str  # what the model does; ``{n}`` is the number of groups
    fails: str  # the verb of a sentence that goes on with ``wrongly``
    wrongly: str
    failed: str  # ``answered wrongly``
    asked: str
    groups: str  # what items are sorted by, with a capital
    measure: str = ""  # what counts as a failure, where that needs saying
    marks: str = ""  # how examples are to be read


PICTURES = Words(
    things="pictures",
    task="sorts pictures into {n} classes",
    fails="answers",
    wrongly="wrongly",
    failed="answered wrongly",
    asked="asked the model what it sees",
    groups="Classes",
)
TEXTS = Words(
    things="articles",
    task="summarizes articles",
    fails="summarizes",
    wrongly="badly",
    failed="summarized badly",
    asked="had the model summarize them",
    groups="Topics",
    measure="A summary counts as bad where it is clearly further from its reference than summaries of unaltered "
    "articles are. Where an alteration may have removed what the reference tells, it is compared with the summary of "
    "the unaltered article instead.",
    marks="In the examples, words that an alteration took out are struck, and those it put in are underlined. "
    "Underlined in a summary is what its reference has not got, and in the reference what the summary lacks.",
)


def alterations(space: ConceptSpace) -> list[str]:
    """What was altered and how far, a line for each edit."""
    edits = edits_of(space)
    if edits:
        return [f"{edit.name}, {_strengths(edit)}: {edit_meaning(edit)}" for edit in edits]
    return [f"{concept.name}, {_levels(concept)}: {meaning(concept)}" for concept in space.concepts]


def _levels(concept: Concept) -> str:
    unit = f" {concept.unit}" if concept.unit else ""
    return f"{len(concept.levels)} levels from {concept.levels[0]:g} to {concept.levels[-1]:g}{unit}"


def _strengths(edit: Concept) -> str:
    ends = [edit.level_name(level) for level in (0, len(edit.levels) - 1)]
    return f"{len(edit.levels)} strengths from {ends[0]} to {ends[1]}"
