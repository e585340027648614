"""The audit of a table of answers: nothing was altered, so that each part of the grid is told beside the rest of it."""

from __future__ import annotations

from failscape.analysis.report.audit_engineers import for_engineers
from failscape.analysis.report.audit_wording import Examined, Section, between, in_100, kept_aside
from failscape.analysis.report.mode_table import ModeView
from failscape.common.format import counted

N_MODES = 8  # told one by one
N_SHOWN = 3  # examples of each


def document(examined: Examined) -> list[Section]:
    """The sections, in the order in which a reader asks."""
    return [
        _summary(examined),
        _tested(examined),
        _how(examined),
        *_fails(examined),
        _columns(examined),
        _not_tested(examined),
        _sure(examined),
        for_engineers(examined),
    ]


def _summary(examined: Examined) -> Section:
    landscape, item_noun = examined.landscape, examined.nouns.plain_items
    n = int(landscape.table["visits"].sum())
    said = [f"Of {n:,} {item_noun} of {examined.target}, {in_100(landscape.failure_rate)} were judged to be failures."]
    confirmed = [view.mode for view in examined.views if view.mode.confirmed]
    if confirmed:
        first = confirmed[0]
        said.append(
            f"{counted(len(confirmed), 'pattern of failure was', 'patterns of failure were')} found and then confirmed "
            f"on {item_noun} kept aside for that purpose. The first listed accounts for {in_100(first.share)} "
            f"failures: {first.name}."
        )
    else:
        said.append(f"No pattern of failure was found that {item_noun} kept aside for that purpose confirm.")
    return Section("In short", said)


def _tested(examined: Examined) -> Section:
    held_out, item_noun = examined.items["held_out"], examined.nouns.plain_items
    n_items = examined.items["cluster"].nunique()
    many = f"They are about {n_items:,} different items; " if n_items < len(held_out) else "Each is of its own item; "
    return Section(
        "What was tested",
        [
            f"{examined.target}, by the {len(held_out):,} {item_noun} in {examined.data}, as they were judged there.",
            f"{many}{item_noun} about one item tend to fail together, and count accordingly. "
            f"{int((~held_out).sum()):,} {item_noun} were used to look for patterns. The {int(held_out.sum()):,} about "
            f"the other items were kept aside, and used only to measure what had been found.",
        ],
    )


def _how(examined: Examined) -> Section:
    landscape, item_noun = examined.landscape, examined.nouns.plain_items
    read = (
        f"Every one of the {item_noun} was read"
        if landscape.is_complete
        else f"{landscape.n_queries:,} {item_noun} were read"
    )
    return Section(
        "How",
        [
            f"No model was asked anything. {read}, and sorted by what the table says of it. Every part of the table "
            "that can be told in a short rule was compared with the rest of it. These columns were looked at:",
        ],
        points=examined.alterations,
    )


def _fails(examined: Examined) -> list[Section]:
    if not examined.views:
        return [Section("What fails", ["No part of the table stands out from the rest by more than chance."])]
    rows = [
        [
            str(view.rank),
            view.mode.name,
            *kept_aside(view.mode),
            "–" if view.mode.elsewhere is None else in_100(view.mode.elsewhere),
            "yes" if view.mode.confirmed else "no",
        ]
        for view in examined.views
    ]
    first = Section(
        "What fails, how often, and how certain that is",
        [
            f"Each row is a part of the table. How many fail there was measured on the {examined.nouns.plain_items} "
            "kept aside, which had no part in finding it. The certainty is a 95 % interval: if the test were repeated "
            "many times with other items, it would hold the true rate about 19 times in 20. A part is confirmed where "
            "more fail than elsewhere, by more than chance explains.",
        ],
        head=["#", "where", "fail", "certainty", "elsewhere", "confirmed"],
        rows=rows,
    )
    shown = [
        Section(
            f"{view.rank}. {view.mode.name}",
            [_pattern(view, examined.nouns.plain_items)],
            examples=view.examples[:N_SHOWN],
            level=3,
        )
        for view in examined.views[:N_MODES]
    ]
    return [first, *shown]


def _pattern(view: ModeView, item_noun: str) -> str:
    mode = view.mode
    if mode.rate is None:
        return f"Too few {item_noun} were kept aside to measure how many fail here."
    said = f"Of {mode.n_probes:,} {item_noun} kept aside, {in_100(mode.rate)} fail here"
    said += "." if mode.elsewhere is None else f", and elsewhere in the table {in_100(mode.elsewhere)}."
    return said if mode.confirmed else f"{said} That does not confirm the pattern; it may be chance."


def _columns(examined: Examined) -> Section:
    rows = [
        [
            marginal.axis,
            level.name,
            in_100(level.rate),
            between(level.low, level.high),
            f"{level.n:,}",
        ]
        for marginal in examined.marginals
        for level in marginal.levels
        if level.n
    ]
    return Section(
        "Each column by itself",
        ["How many fail at each value of one column, whatever the others are."],
        head=["column", "value", "fail", "certainty", examined.nouns.plain_items],
        rows=rows,
    )


def _not_tested(examined: Examined) -> Section:
    item_noun = examined.nouns.plain_items
    return Section(
        "What was not tested",
        ["This document says nothing about:"],
        points=[
            "Values of these columns that are not in the table, and columns that were not looked at.",
            f"{item_noun.capitalize()} about items unlike those in {examined.data}.",
            "Whether each verdict in the table is right: whoever or whatever gave it may err.",
            "Causes: two columns that go together in the table cannot be told apart by it.",
        ],
    )


def _sure(examined: Examined) -> Section:
    item_noun = examined.nouns.plain_items
    return Section(
        "How far to trust this",
        [
            f"Patterns were picked because {item_noun} failed there. Their rates are therefore of {item_noun} about "
            "other items, which had no part in the search. The chance that any pattern marked as confirmed is none is "
            "at most one in twenty.",
            *(f"Note: {warning}." for warning in examined.warnings),
        ],
    )
