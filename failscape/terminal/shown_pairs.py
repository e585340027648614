"""What the pages on pairs show of the two items of a pair."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from failscape.analysis.pairs.differing import Differing
from failscape.common.format import counted, percent
from failscape.data.base import Unreadable
from failscape.data.pairs.corpus import IMAGE, Corpus
from failscape.terminal.output import Terminal, table

SHOWN = 24  # pairs of the gallery


def alone(ranked: pd.DataFrame, k: int = SHOWN) -> list[pd.Series]:
    """The first ``k`` pairs in order, each item in one of them at most."""
    seen: set[int] = set()
    chosen: list[pd.Series] = []
    for _, row in ranked.iterrows():
        ends = {int(row["first"]), int(row["second"])}
        if not ends & seen:
            seen |= ends
            chosen.append(row)
        if len(chosen) == k:
            break
    return chosen


def content(
    corpus: Corpus, ends: tuple[int, int]
) -> tuple[tuple[np.ndarray, np.ndarray] | None, tuple[str, str] | None]:
    """Two pictures or two texts; neither where their vectors come from a file and they cannot be read."""
    try:
        one, other = map(corpus.load, ends)
    except Unreadable:
        return None, None
    if corpus.modality == IMAGE:
        return (np.asarray(one), np.asarray(other)), None
    return None, (str(one), str(other))


def left_out(n_copies: int, n_skipped: int) -> str:
    """``(2 copies left out, 1 skipped)`` after a blank; nothing where none is."""
    parts = [(n_copies, "copy left out", "copies left out"), (n_skipped, "skipped", "skipped")]
    said = [counted(n, one, several) for n, one, several in parts if n]
    return f" ({', '.join(said)})" if said else ""


def print_differing(terminal: Terminal, differing: Sequence[Differing], what: str, read: str = "") -> None:
    """How often each fact differs in pairs, called ``blind pairs`` or the like; nothing where no fact is known.

    ``read`` says which of them an encoder read from the pictures.
    """
    if differing:
        terminal.line("")
        shown = table("differs", what, "all pairs", "tested", "verdict", left="differs")
        for row in differing:
            shown.add_row(row.fact, percent(row.rate), percent(row.random), f"{row.n_disjoint:,}", row.verdict)
        terminal.print(shown)
    if read:
        terminal.line(read)
