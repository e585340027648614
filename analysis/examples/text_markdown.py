"""Texts before and after as Markdown, for TensorBoard: what was put in is bold, what was taken out in brackets."""

from __future__ import annotations

from collections.abc import Sequence

from failscape.analysis.examples.text_diff import ADDED, MISSING, REMOVED, Piece
from failscape.analysis.examples.text_example import TextExample
from failscape.common.format import percent
from failscape.common.markdown import literal

SHOWN = 6  # texts of one summary
MARKS = {ADDED: ("**", "**"), REMOVED: ("*[", "]*"), MISSING: ("*[", "]*")}
LEGEND = "**bold**: put in, or not in the reference; *[brackets]*: taken out, or missing."


def texts_markdown(examples: Sequence[TextExample]) -> str:
    """The first examples, each under its edit; whatever an article holds is text."""
    return "\n\n".join([LEGEND, *(_one(example) for example in examples[:SHOWN])])


def _one(example: TextExample) -> str:
    facts = f": it {example.comparison.facts}" if example.comparison.facts else ""
    facts += "; the article is too long, its end was not read" if example.input_truncated else ""
    rows = [
        f"#### {literal(example.edit)}",
        pieces_markdown(example.comparison.excerpt),
        "\n".join(_line(line.what, line.score, line.pieces) for line in example.comparison.lines),
        f"Wrong: **{literal(example.kind)}**{literal(facts)} ({literal(example.group)}, probe {example.probe})",
    ]
    return "\n\n".join(rows)


def _line(what: str, score: float | None, pieces: Sequence[Piece]) -> str:
    """A table would break the words of its narrow columns."""
    label = what if score is None else f"{what}, {percent(score)}"
    return f"- {label}: {pieces_markdown(pieces) or '(nothing)'}"


def pieces_markdown(pieces: Sequence[Piece]) -> str:
    """Pieces on one line, marked."""
    parts = []
    for piece in pieces:
        first, last = MARKS.get(piece.kind, ("", ""))
        bare = literal(" ".join(piece.bare.split()))
        parts.append(f"{first}{bare}{last}{piece.space and ' '}" if bare else piece.space and " ")
    return "".join(parts).strip()
