"""The report on confounded pairs: one page, offline and printable.

Shapes: ``H, W`` picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from failscape.analysis.pages import page_environment
from failscape.analysis.pairs.differing import Differing
from failscape.records.folder import write_whole


@dataclass(frozen=True)
class ShownConfounded:
    """One pair as the gallery shows it."""

    names: tuple[str, str]
    pictures: tuple[np.ndarray, np.ndarray] | None  # (H, W, 3) uint8 each; None where they cannot be read
    captions: tuple[str, str] | None  # None where only vectors are known
    gaps: tuple[float, float]
    differs: tuple[str, ...]  # facts that differ, as ``facing: left, right``


@dataclass(frozen=True)
class ConfoundedPage:
    """What the page tells."""

    target: str
    data: str  # empty where only vectors are known
    n_items: int
    n_copies: int
    n_skipped: int
    n_pairs: int  # that were compared
    n_confounded: int
    n_in_pairs: int  # captioned pictures in one of them or more
    shown: Sequence[ShownConfounded]
    differing: Sequence[Differing]
    settings: Sequence[tuple[str, str]]
    command: str

    @property
    def headline(self) -> str:
        """What was found, in one sentence."""
        how = "each picture is more similar to the other's caption than to its own"
        if not self.n_confounded:
            return f"Of {self.n_pairs:,} pairs of captioned pictures none is confounded: in none {how}."
        verb = "is" if self.n_confounded == 1 else "are"
        return f"{self.n_confounded:,} of {self.n_pairs:,} pairs of captioned pictures {verb} confounded: {how}."


def write_confounded_page(path: Path, page: ConfoundedPage) -> None:
    """Write the page."""
    template = page_environment().get_template("confounded.html")
    write_whole(path, template.render(page=page))
