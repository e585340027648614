"""An article and its summaries on paper, with the marks of what changed."""

from __future__ import annotations

from collections.abc import Sequence

from failscape.analysis.examples.text_diff import ADDED, MISSING, REMOVED, Piece
from failscape.analysis.examples.text_example import TextExample
from failscape.analysis.paper import INK, QUIET, Paper
from failscape.common.format import percent

SIZE, LINE = 8.5, 4.4  # of letters [pt], from line to line [mm]
STYLES = {REMOVED: "S", ADDED: "UB", MISSING: "U"}


def print_article(paper: Paper, example: TextExample) -> None:
    """An article with its marks, its summaries and what they are compared with."""
    if paper.get_y() > paper.h - 70:
        paper.add_page()
    paper.paragraph(f"{example.edit} ({example.group}, {example.name})", quiet=True)
    _marked(paper, "", example.comparison.excerpt)
    for line in example.comparison.lines:
        score = "" if line.score is None else f" ({percent(line.score)})"
        _marked(paper, f"{line.what}{score}: ", line.pieces)
    facts = f": it {example.comparison.facts}" if example.comparison.facts else ""
    paper.paragraph(f"Wrong: {example.kind}{facts}.")
    paper.ln(2)


def _marked(paper: Paper, what: str, pieces: Sequence[Piece]) -> None:
    """A text with words struck that were taken out, and bold and underlined that were put in or are missing."""
    paper.write_in(SIZE, QUIET)
    paper.write(LINE, what)
    for piece in pieces:
        paper.write_in(SIZE, INK, style=STYLES.get(piece.kind, ""))
        for i, word in enumerate(piece.bare.split()):
            _word(paper, " " * (i > 0) + word)
        paper.write_in(SIZE, INK)
        paper.write(LINE, " " if piece.space else "")
    paper.ln(5.4)


def _word(paper: Paper, text: str) -> None:
    """A word, on the next line where this one has no room for it."""
    if paper.get_x() + paper.get_string_width(text) > paper.w - paper.r_margin - 1:
        paper.ln(LINE)
    paper.write(LINE, text.lstrip() if paper.get_x() <= paper.l_margin else text)
