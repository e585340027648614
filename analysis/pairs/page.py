"""The report on mined pairs: one page, offline and printable.

Shapes: ``H, W`` picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from failscape.analysis.pages import page_environment
from failscape.analysis.pairs.by_region import ByRegion
from failscape.analysis.pairs.differing import Differing
from failscape.analysis.pairs.stability import Varied
from failscape.records.folder import write_whole


@dataclass(frozen=True)
class ShownPair:
    """One pair as the gallery shows it."""

    names: tuple[str, str]
    pictures: tuple[np.ndarray, np.ndarray] | None  # (H, W, 3) uint8 each; None of texts
    texts: tuple[str, str] | None  # None of pictures, and where nothing can be shown but the names
    target: float
    reference: float
    differs: tuple[str, ...]  # facts that differ, as ``facing: left, right``


@dataclass(frozen=True)
class PairsPage:
    """What the page tells."""

    target: str
    reference: str
    data: str  # empty where only vectors are known
    noun: str  # "picture", "text" or "item"
    n_items: int
    n_copies: int
    n_skipped: int
    n_pairs: int  # of the items
    n_blind: int
    n_counted: int  # of them without those that repeat another one
    n_same: int
    above: float
    below: float
    same: float
    given: tuple[str, str]  # thresholds as the user gave them
    shown: Sequence[ShownPair]
    differing: Sequence[Differing]
    by_region: ByRegion | None
    varied: Sequence[Varied]
    scatter: np.ndarray  # (H, W, 3) uint8, similarities to both
    settings: Sequence[tuple[str, str]]
    command: str
    n_proposed: int | None = None  # pairs that an approximate search proposed; None where every pair was compared
    recall: str = ""  # what share of pairs it proposed, in a sentence
    read: str = ""  # which facts an encoder read from the pictures, in sentences

    @property
    def headline(self) -> str:
        """What was found, in one sentence."""
        bounds = (
            f"more similar than {self.above:.3f} to the target and less similar than {self.below:.3f} to the reference"
        )
        pairs = f"{self.n_pairs:,} pairs of {self.noun}s"
        if self.n_proposed is not None:
            pairs = f"{self.n_proposed:,} pairs that an approximate search proposed of {pairs}"
        if not self.n_blind:
            return f"Of {pairs} none is {bounds}."
        once = f" ({self.n_counted:,} if near-duplicates count once)" if self.n_counted < self.n_blind else ""
        verb = "is" if self.n_blind == 1 else "are"
        return f"{self.n_blind:,} of {pairs}{once} {verb} {bounds}."


def write_pairs_page(path: Path, page: PairsPage) -> None:
    """Write the page."""
    template = page_environment().get_template("pairs.html")
    write_whole(path, template.render(page=page))
