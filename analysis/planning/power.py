"""The power of a planned run: the probability that a mode is found and confirmed, and the smallest rate that is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from failscape.analysis.planning.confirming import confirmation_power
from failscape.analysis.planning.searching import found
from failscape.analysis.planning.study import Sought, Study

POWER = 0.8
ONCE = 2000  # draws of the search for one power: its error is then a point at most
DRAWS = 400  # for each of several rates that are tried
STEPS = 8  # halvings of the range of rates


def power(study: Study, sought: Sought, *, draws: int = ONCE, seed: int = 0) -> float:
    """Probability that a run confirms a mode at least half of whose cells, of group and point, lie in a planted box.

    Args:
        study: the planned run.
        sought: the planted box.
        draws: of the search.
        seed: of these.
    """
    if sought.rate <= study.base or (sought.one_group and study.groups < 2):
        return 0.0
    modes = found(study, sought, draws, seed)
    told = ~np.isnan(modes.rates)
    kinds, n_alike = np.unique(np.stack([modes.rates[told], modes.sizes[told]]), axis=1, return_counts=True)
    each = [confirmation_power(study, rate, int(size), one_group=sought.one_group) for rate, size in kinds.T.tolist()]
    return float(n_alike @ np.array(each)) / len(told) if each else 0.0


def smallest_rate(study: Study, sought: Sought, *, draws: int = DRAWS, steps: int = STEPS) -> float | None:
    """The smallest failure rate that is found with a power of .8; None where not even failures of all items are.

    Args:
        study: the planned run.
        sought: the planted box; its rate does not matter.
        draws: of the search, for each rate that is tried.
        steps: halvings of the range in which it lies.
    """
    low, high = study.base, 1.0
    if power(study, replace(sought, rate=high), draws=draws) < POWER:
        return None
    for _ in range(steps):
        middle = (low + high) / 2
        enough = power(study, replace(sought, rate=middle), draws=draws) >= POWER
        low, high = (low, middle) if enough else (middle, high)
    return high
