"""In words, what people said of whether edits leave the right answers right: counts, and no more than was asked."""

from __future__ import annotations

import math

from failscape.analysis.examples.base import ExampleContext
from failscape.analysis.modes.mode import Mode
from failscape.analysis.modes.still_right import StillRight
from failscape.common.format import counted

WORDS = ("no", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")


def looked_at(mode: Mode, items: str) -> str:
    """``Two people looked at 14 groups of pictures under this rule ...``; empty where nobody was asked.

    Args:
        mode: with what people said of it.
        items: what people call the items.
    """
    said = mode.still_right
    if said is None:
        return ""
    number = WORDS[said.n_people] if said.n_people < len(WORDS) else str(said.n_people)
    who = f"{number} {'person' if said.n_people == 1 else 'people'}"
    groups = counted(said.n_cases, f"group of {items}", f"groups of {items}")
    return f"{who} looked at {groups} under this rule and {_found(said)}.{_together(said)}"


def _found(said: StillRight) -> str:
    if said.n_cases == 1:
        if said.n_disputed:
            return "disagree whether they would still call them the same"
        return "would still call them the same" if said.n_kept else "would no longer call all of them the same"
    kept = {0: "none", said.n_cases: "all"}.get(said.n_kept, str(said.n_kept))
    lost = f", no longer in {said.n_lost or 'none'}, and disagree on {said.n_disputed}" if said.n_disputed else ""
    return f"would still call them the same in {kept}{lost}"


def _together(said: StillRight) -> str:
    """How many groups more than one person looked at, where that was not all of them."""
    if said.n_people == 1 or said.n_shared == said.n_cases:
        return ""
    if not said.n_shared:
        return " No group was looked at by more than one of them."
    return f" More than one of them looked at {said.n_shared} of these groups."


def agreement(mode: Mode) -> str:
    """Krippendorff's alpha of those answers; empty where there is none."""
    said = mode.still_right
    if said is None or math.isnan(said.agreement):
        return ""
    groups = counted(said.n_shared, "group")
    return f"Krippendorff's alpha of what they said: {said.agreement:.2f} ({groups} seen by more than one)."


def doubt(mode: Mode, context: ExampleContext) -> str:
    """What people would no longer call the items of a mode; empty where they did not say so."""
    if mode.still_right is None or not mode.still_right.in_doubt:
        return ""
    nouns, classes = context.nouns, mode.classes
    named = len(classes) == 1 and list(context.groups) == list(context.answers)
    what = f"“{context.groups[classes[0]]}”" if named else f"by their {nouns.group}"
    return f"People would no longer call these {nouns.plain_items} {what}"
