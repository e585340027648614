"""What each concept does, in words: its meaning and its levels."""

from __future__ import annotations

from typing import NamedTuple

from failscape.concepts import Concept, ConceptSpace


class Levels(NamedTuple):
    """One concept and the levels that it takes."""

    concept: str
    unit: str
    meaning: str  # a sentence or two
    labels: tuple[str, ...]  # of its levels, without its name


def levels_of(space: ConceptSpace) -> list[Levels]:
    """The concepts of a space."""
    return [
        Levels(
            concept.name,
            concept.unit,
            meaning(concept),
            tuple(concept.level_name(level) for level in range(len(concept.levels))),
        )
        for concept in space.concepts
    ]


def meaning(concept: Concept) -> str:
    """The first line of a concept's own docstring, the strength that changes nothing, and how the edit is made."""
    text = (type(concept).__doc__ or "").strip().split("\n")[0].split(" Identity:")[0].replace("``", "")
    text = text if concept.identity is None else f"{text} {concept.identity:g} changes nothing.".strip()
    ways = ", ".join(f"{name} {value}" for name, value in concept.chosen.items())
    return f"{text} Made with {ways}." if ways else text


def alterations(space: ConceptSpace) -> list[str]:
    """What was altered and how far, a line for each concept."""
    return [f"{concept.name}, {_reach(concept)}: {meaning(concept)}" for concept in space.concepts]


def _reach(concept: Concept) -> str:
    unit = f" {concept.unit}" if concept.unit else ""
    return f"{len(concept.levels)} levels from {concept.levels[0]:g} to {concept.levels[-1]:g}{unit}"
