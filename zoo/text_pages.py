"""Writes ``docs/text-edits.md`` from the edits themselves: ``python -m zoo.text_pages``."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from failscape.analysis.examples.levels import meaning
from failscape.concepts.label_effect import INVALIDATED, PRESERVED, TRANSFORMED, LabelEffect
from failscape.concepts.presets import PRESETS
from failscape.concepts.text import FSRL_EDITS, TEXT_CONCEPTS
from failscape.concepts.text.base import TextConcept
from failscape.data.street.reports import ReportSource

DOCS = Path(__file__).parent.parent / "docs"
ITEM = 1  # of the world of reports: one with names, numbers and something that does not matter
EFFECTS: dict[LabelEffect, str] = {
    PRESERVED: "the reference stays right",
    TRANSFORMED: "the reference is edited alike, or the item is not judged",
    INVALIDATED: "compared with the summary of the unedited article",
}
ABOUT = (
    "Every edit takes and gives articles and their references, a batch at a time, with a strength for each: the share "
    "of the places that it knows (characters, words, sentences), or a number of words. A stronger edit has all places "
    "of a weaker one, and an item is edited alike in every run. At strength 0 nothing changes. Nothing is downloaded: "
    "tags and inflections come from HanTa and LemmInflect, misspellings and synonyms from two small tables. Edits that "
    "know words or grammar know English, and are refused for articles in other languages."
)


def main() -> None:
    """Show each edit at two strengths and write the page."""
    article, reference = ReportSource(n=8, seed=0).load(ITEM)
    head = (
        f"# Edits of texts\n\n{ABOUT} Written by `python -m zoo.text_pages`.\n\n"
        f"Presets: {'; '.join(preset(name) for name in PRESETS if 'edits' in PRESETS[name])}.\n\n"
        "The examples edit this report:\n\n"
        f"> {article}\n\nand its reference:\n\n> {reference}\n"
    )
    sections = [section(kind(), article, reference) for _, kind in sorted(TEXT_CONCEPTS.items())]
    (DOCS / "text-edits.md").write_text("\n".join([head, *sections]), encoding="utf-8")


def preset(name: str) -> str:
    """A preset in a line."""
    pairs = ", and any second one after it" if PRESETS[name].get("pairs") else ""
    return f"`{name}` is one of {len(PRESETS[name]['edits'])} edits at one of four strengths{pairs}"


def section(concept: TextConcept, article: str, reference: str) -> str:
    """One edit: what it does, its levels, its effect on the reference, examples."""
    levels = ", ".join(concept.level_name(k) for k in range(len(concept.levels)))
    ours = " One of FSRL's sixteen." if concept.name in FSRL_EDITS else ""
    english = "; of English" if concept.needs_english else ""
    about = f"{levels}; {EFFECTS[concept.label_effect]}{english}."
    lines = [f"## {concept.name}\n", f"{meaning(concept)}{ours}\n", f"{about}\n"]
    for level in (1, len(concept.levels) - 1):
        pair = np.array([[article, reference]], object)
        after = concept.apply(pair, concept.levels[[level]], np.array([ITEM]))[0]
        shown = "\n".join(f"> {line}" for line in str(after[0]).splitlines())
        lines.append(f"{concept.label(level)}:\n\n{shown}\n")
        if after[1] != reference:
            lines.append(f"reference:\n\n> {after[1]}\n")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
