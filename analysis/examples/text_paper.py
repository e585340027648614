"""An article and its summaries on paper, with the marks of what changed."""

from __future__ import annotations

from collections.abc import Sequence

from failscape.analysis.examples.text_diff import ADDED, MISSING, REMOVED, Piece
from failscape.analysis.examples.text_example import TextExample
from failscape.analysis.paper import INK, QUIET, Paper
from failscape.common.format import percent

SIZE, LINE = 8.5, 4.4  # of letters [pt], from line to line [mm]
AFTER = 1.0  # [mm] below a text, beside its last line
STYLES = {REMOVED: "S", ADDED: "UB", MISSING: "U"}


def article_height(paper: Paper, example: TextExample) -> float:
    """Height [mm] of :func:`print_article`, half a line more at most for each text of it."""
    texts = [f"{what}{''.join(piece.text for piece in pieces)}" for what, pieces in _texts(example)]
    marked = sum(paper.height_of(text, SIZE, LINE, bold=True) + AFTER for text in texts)
    return paper.paragraph_height(_heading(example)) + marked + paper.paragraph_height(_verdict(example)) + 2


def print_article(paper: Paper, example: TextExample) -> None:
    """An article with its marks, its summaries and what they are compared with, on one page."""
    paper.keep_together(article_height(paper, example))
    paper.paragraph(_heading(example), quiet=True)
    for what, pieces in _texts(example):
        _marked(paper, what, pieces)
    paper.paragraph(_verdict(example))
    paper.ln(2)


def _heading(example: TextExample) -> str:
    return f"{example.edit} ({example.group}, {example.name})"


def _verdict(example: TextExample) -> str:
    facts = f": it {example.comparison.facts}" if example.comparison.facts else ""
    return f"Wrong: {example.kind}{facts}."


def _texts(example: TextExample) -> list[tuple[str, Sequence[Piece]]]:
    """The article and what is compared, each with what it is."""
    scores = ["" if line.score is None else f" ({percent(line.score)})" for line in example.comparison.lines]
    lines = zip(example.comparison.lines, scores, strict=True)
    return [("", example.comparison.excerpt), *((f"{line.what}{score}: ", line.pieces) for line, score in lines)]


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
    paper.ln(LINE + AFTER)


def _word(paper: Paper, text: str) -> None:
    """A word, on the next line where this one has no room for it."""
    if paper.get_x() + paper.get_string_width(text) > paper.w - paper.r_margin - 1:
        paper.ln(LINE)
    paper.write(LINE, text.lstrip() if paper.get_x() <= paper.l_margin else text)
