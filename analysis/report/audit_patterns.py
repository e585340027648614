"""Failure modes in words for people who are not engineers."""

from __future__ import annotations

from failscape.analysis.examples.remake import name_of
from failscape.analysis.examples.text_levels import edits_of
from failscape.analysis.grids.listing import listed
from failscape.analysis.grids.plain_words import edit_in_words, edit_tested
from failscape.analysis.grids.view import view_of
from failscape.analysis.modes.mode import Mode
from failscape.analysis.modes.rule import Box, rule_of
from failscape.analysis.report.audit_wording import Examined
from failscape.analysis.report.mode_table import least_edited
from failscape.concepts import ConceptSpace


def pattern(examined: Examined, mode: Mode) -> str:
    """The rule of a mode: ``pictures of the class stop or yield, turned clockwise by 10 degrees``.

    Where the words would not say exactly that, it is the mode's name.
    """
    space, nouns = examined.landscape.space, examined.nouns
    rule = rule_of(space, mode.points)
    if set(rule.points(space).tolist()) != set(mode.points.tolist()):
        return mode.name
    names = [name_of(examined.class_names, group) for group in mode.classes]
    subject = f"{nouns.plain_items} of the {nouns.group} {listed(names, 'or')}," if names else nouns.plain_items
    return f"{subject} {', or '.join(_edits(space, box) for box in rule.boxes)}"


def mildest(examined: Examined, mode: Mode) -> str:
    """The edited point of a mode that is the fewest levels from unedited; empty where its levels are not edits'."""
    space = examined.landscape.space
    if not set(space.edits) <= set(space.concepts):
        return ""
    least = least_edited(mode, space)
    if least is None:
        return ""
    pairs = [(concept, level) for concept, level in zip(space.concepts, least, strict=True) if not concept.selects]
    told = [
        edit_in_words(concept, [level], says_end=False)
        for concept, level in pairs
        if concept.identity is None or concept.edges is not None or concept.levels[level] != concept.identity
    ]
    return listed(told, "and") if told else ""


def tested(examined: Examined) -> list[str]:
    """What was altered and how far, a line for each edit; as its presenter says it where it has no plain words."""
    space = examined.landscape.space
    edits = edits_of(space) or space.concepts
    if len(edits) != len(examined.alterations):
        return list(examined.alterations)
    lines = [edit_tested(edit) for edit in edits]
    return [line or technical for line, technical in zip(lines, examined.alterations, strict=True)]


def _edits(space: ConceptSpace, box: Box) -> str:
    told = view_of(space).plain_names(box)
    return listed(told, "and") if told else "however they are altered"
