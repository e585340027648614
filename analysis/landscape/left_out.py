"""What is not asked because the edits leave no right answer, and what is judged by another class, in words."""

from __future__ import annotations

from failscape.common.format import count
from failscape.concepts import ConceptSpace


def left_out(space: ConceptSpace) -> str:
    """``100 of 2,000 cells left out: ...``, a cell being a point and a class; empty where every cell is as it was."""
    counts = space.label_counts
    if counts is None:
        return ""
    of = f"of {count(counts.cells)} cells"
    lost = f"{count(counts.invalid)} {of} left out: the edit leaves their class no right answer"
    changed = f"{count(counts.transformed)} {of} judged by another class, which the edit makes right"
    return "; ".join(part for part, n in ((lost, counts.invalid), (changed, counts.transformed)) if n)


def invalid_share(space: ConceptSpace) -> float:
    """Share of the cells, each a point and a class, that have no right answer; 0 where nothing is known."""
    counts = space.label_counts
    return 0.0 if counts is None else counts.invalid / counts.cells
