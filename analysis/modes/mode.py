"""A failure mode: what was found, and what held-out items and people said of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

UNEDITED = "unedited"  # what modes are compared with
ELSEWHERE = "elsewhere"  # or with the rest of the grid, where there is no unedited item


@dataclass(frozen=True)
class Mode:
    """A region of the grid where the target fails more than on unedited items, or than on the rest of the grid.

    Rates are of a uniform edit within the region; intervals are of 95 % and count items, not probes. The region was
    chosen where its probes failed, so ``rate`` flatters it; what was measured on held-out items does not.
    """

    points: np.ndarray  # (M,) rows of the grid
    classes: tuple[int, ...]  # true classes that fail there; all where empty
    name: str
    rate: float
    low: float
    high: float
    baseline: float  # failure rate on unedited items, of these classes; or on the rest, without worse modes apart
    p_value: float  # of a rate no higher than the baseline, all probes of the region together
    q_value: float  # chance at most that a run without failure modes would show a region as striking
    share: float  # of all failures that a uniform edit would cause, in [0, 1]
    worst_classes: tuple[str, ...]  # fail more than the rest of the mode, the worst first, at most three
    n_probes: int  # different pairs of item and point
    confirmed: bool | None = None  # whether held-out items agree; None where they were not asked, or cannot say
    held_out_rate: float | None = None
    held_out_low: float | None = None
    held_out_high: float | None = None
    held_out_p: float | None = None  # of no more failures than the baseline, adjusted for the number of modes
    n_held_out: int = 0  # probes of held-out items
    note: str = ""  # why it is not confirmed
    rating: float | None = None  # mean undesirability that people gave it, 1 to 10; None where nobody rated it
    n_ratings: int = 0
    compared_with: str = UNEDITED  # what the baseline is of
