"""A failure mode: a rule, and what held-out items and people said of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from failscape.analysis.modes.still_right import StillRight


@dataclass(frozen=True)
class Mode:
    """A rule under which the target fails more than elsewhere on the grid, and more than on unedited items.

    ``points`` and ``classes`` are exactly the cells that satisfy the rule, and ``name`` says exactly that. The rule was
    chosen where items failed, so what the search saw flatters it. ``rate`` is measured on held-out items, which had no
    part in finding it: that of new items of the rule's groups under a uniformly drawn edit of the rule. Intervals are
    of 95 % and count items, not probes. What was not measured is None.
    """

    points: np.ndarray  # (M,) rows of the grid
    classes: tuple[int, ...]  # true classes; all where empty
    name: str
    share: float  # of all failures that a uniform edit would cause, in [0, 1]
    seen_rate: float  # what the search saw: failure rate of its own probes
    n_seen: int  # different pairs of item and point that the search saw
    q_value: float  # chance at most that a run without failure modes would show a rule as striking
    severity: float  # mean over the failures that the search saw, in [0, 1]
    confirmed: bool | None = None  # whether held-out items agree; None where they are too few to say
    rate: float | None = None
    low: float | None = None
    high: float | None = None
    unedited: float | None = None  # failure rate of the same held-out items unedited
    elsewhere: float | None = None  # of held-out items at points of the grid that belong to no mode
    p_value: float | None = None  # of failing no more than either, adjusted for the number of modes
    n_items: int = 0  # different held-out items asked
    n_probes: int = 0  # of them
    note: str = ""  # why it is not confirmed
    rating: float | None = None  # mean undesirability that people gave it, 1 to 10; None where nobody rated it
    n_ratings: int = 0
    still_right: StillRight | None = None  # what people said of right answers; None where nobody said anything
