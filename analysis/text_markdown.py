"""Texts before and after as Markdown, for TensorBoard: what was put in is bold, what was taken out in brackets."""

from __future__ import annotations

from collections.abc import Sequence

from failscape.analysis.diffs import ADDED, MISSING, REMOVED, Piece
from failscape.analysis.exemplars import TextExemplar
from failscape.analysis.plots.style import percent
from failscape.common.markdown import literal

SHOWN = 6  # texts of one summary
MARKS = {ADDED: ("**", "**"), REMOVED: ("*[", "]*"), MISSING: ("*[", "]*")}
LEGEND = "**bold**: put in, or not in the reference; *[brackets]*: taken out, or missing."


def texts_markdown(exemplars: Sequence[TextExemplar]) -> str:
    """The first exemplars, each under its edit; whatever an article holds is text."""
    return "\n\n".join([LEGEND, *(_one(exemplar) for exemplar in exemplars[:SHOWN])])


def _one(exemplar: TextExemplar) -> str:
    facts = f": it {exemplar.told.facts}" if exemplar.told.facts else ""
    facts += "; the article is too long, its end was not read" if exemplar.cut else ""
    rows = [
        f"#### {literal(exemplar.edit)}",
        pieces_markdown(exemplar.told.excerpt),
        "\n".join(_line(line.what, line.score, line.pieces) for line in exemplar.told.lines),
        f"Wrong: **{literal(exemplar.kind)}**{literal(facts)} ({literal(exemplar.truth)}, probe {exemplar.probe})",
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
