"""What edits of pictures do to right answers: what is known of it, and what is assumed where nothing is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from failscape.common.format import listed
from failscape.common.label_rules import LabelRule
from failscape.concepts import Concept, ConceptSpace
from failscape.concepts.images.registry import IMAGE_CONCEPTS
from failscape.data.base import Items, PictureSource
from failscape.data.labels.effects import read_label_rules
from failscape.errors import UsageError, did_you_mean

FEW = 3  # levels that are named one by one


def labelled(
    space: ConceptSpace, source: PictureSource, file: str | Path | None, items: Items, *, compounds: bool
) -> tuple[ConceptSpace, tuple[str, ...]]:
    """The grid with what is known of right answers, and what is assumed, a sentence.

    Args:
        space: the grid.
        source: knows something of its pictures, and has the classes: all of them, so that runs on other items of it
            can be compared.
        file: says something, too, and overrules the source.
        items: say how classes are grouped.
        compounds: whether edits are made on top of each other, of which nothing is known.

    Raises:
        UsageError: the file is damaged, names an edit that there is not, or has no use.
    """
    if compounds and file is not None:
        raise UsageError("--labels says what one edit does, and --explore fsrl makes edits on edits; leave it out")
    if compounds:
        return space, ("it is assumed that edits made on top of each other keep the label",)
    rules = _rules(source, file, space)
    assumed = assumption([c for c in space.edits if c.name not in {rule.concept for rule in rules}])
    groups = None if items.group_of is None else items.group_of.tolist()
    return space.with_labels(rules, np.unique(source.labels).tolist(), groups), assumed


def _rules(source: PictureSource, file: str | Path | None, space: ConceptSpace) -> tuple[LabelRule, ...]:
    """What the source knows, and after it what a file says."""
    said = () if file is None else read_label_rules(file, source.group_names)
    known = {*IMAGE_CONCEPTS, *space.names}
    for rule in said:
        if rule.concept not in known:
            raise UsageError(f"{file}: no edit {rule.concept!r}{did_you_mean(rule.concept, known)}")
    return (*source.label_rules, *said)


def assumption(unknown: Sequence[Concept]) -> tuple[str, ...]:
    """The caveat of edits that may change a label and of which nothing is known; none where there are none."""
    doubtful = [text for text in map(_doubt, unknown) if text]
    if not doubtful:
        return ()
    verb = "keeps" if len(doubtful) == 1 else "keep"
    return (f"it is assumed that {listed(doubtful)} {verb} the label; say otherwise with --labels FILE",)


def _doubt(concept: Concept) -> str:
    levels = np.flatnonzero(concept.in_doubt(np.arange(len(concept.levels))))
    if not len(levels):
        return ""
    names = [concept.level_name(level) for level in levels.tolist()]
    return f"{concept.name} {listed(names) if len(names) <= FEW else f'{names[0]} to {names[-1]}'}"
