"""What an audit says of walks, which alter each item step by step until it fails: no rates, but what broke how many."""

from __future__ import annotations

from failscape.analysis.landscape.minimal_edits import Smallest
from failscape.analysis.report.audit_wording import Examined, Section, in_100
from failscape.common.format import counted

SHOWN = 5  # alterations
CHOSEN = "It altered each a step at a time until it failed, or until its questions were spent."


def summary(examined: Examined, smallest: Smallest) -> Section:
    """The document in a paragraph."""
    nouns, landscape, found = examined.nouns, examined.landscape, smallest.table
    half = f", half of them within {counted(int(found['levels'].median()), 'step')}" if len(found) else ""
    return Section(
        "In short",
        [
            f"{examined.target} {nouns.fails} {in_100(landscape.baseline)} of {landscape.n_baseline:,} "
            f"{nouns.plain_items} {nouns.wrongly} as they are. "
            f"{smallest.n_items:,} were altered step by step: {len(found):,} of them were then {nouns.failed}{half}.",
            "How often altered ones fail in general was not measured: a search that stops at the first failure cannot "
            "tell.",
        ],
    )


def fails(examined: Examined, smallest: Smallest) -> Section:
    """Which alterations broke how many."""
    found = smallest.table
    if not len(found):
        return Section("What fails", [f"No alteration was found after which one is {examined.nouns.failed}."])
    edits = found.groupby("edit").agg(items=("item", "size"), levels=("levels", "min"))
    most = edits.sort_values("items", ascending=False, kind="stable").head(SHOWN)
    return Section(
        "What fails",
        [
            f"The alterations at which most {examined.nouns.plain_items} were first {examined.nouns.failed}, by the "
            "names in the list above."
        ],
        head=["alteration", "steps", examined.nouns.plain_items],
        rows=[[str(edit), str(row["levels"]), f"{row['items']:,}"] for edit, row in most.iterrows()],
    )


def sure(examined: Examined, smallest: Smallest) -> Section:
    """What may be concluded."""
    return Section(
        "How far to trust this",
        [
            "Each failure that is counted here happened and can be made again. Where none was found there may be one "
            f"all the same: {smallest.n_queries:,} questions were asked, and the search stops when they are spent. "
            "How often such alterations occur in use is another question.",
            *(f"Note: {warning}." for warning in examined.warnings),
        ],
    )
