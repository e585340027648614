"""How precisely the rate of a mode will be known, and which differences of rates can be shown."""

from __future__ import annotations

import math

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student

from failscape.analysis.planning.likeness import design_effect
from failscape.analysis.statistics.rates import CONFIDENCE, wilson

WANTED = 0.05  # half width of an interval that is precise enough to be quoted
MAX_ITEMS = 10_000_000


def half_width(rate: float, n_items: int, n_units: int) -> float:
    """Half of the width of the 95 % interval that :func:`~failscape.analysis.statistics.rates.cluster_interval` gives.

    Args:
        rate: of failure.
        n_items: held-out items that are asked.
        n_units: pairs of item and point that they are asked at.
    """
    if n_items < 2:
        return 0.5
    tail = (1 - CONFIDENCE) / 2
    fewer = (norm.isf(tail) / student.isf(tail, n_items - 1)) ** 2
    trials = n_units / design_effect(rate, n_units / n_items) * fewer
    low, high = wilson(np.array([rate * trials]), np.array([trials]))
    return float(high[0] - low[0]) / 2


def items_needed(rate: float, wanted: float = WANTED) -> int:
    """The fewest held-out items, asked once each, whose interval reaches ``wanted`` to either side."""
    low, high = 1, MAX_ITEMS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if half_width(rate, middle, middle) <= wanted else (middle, high)
    return high


def smallest_difference(rate: float, n_items: int, n_units: int, power: float) -> float:
    """The smallest difference of two modes' rates that a two-sided test at 5 % shows with ``power``.

    Normal approximation at the variance of ``rate``, either mode measured on as many items.
    """
    trials = n_units / design_effect(rate, n_units / max(n_items, 1))
    quantiles = norm.isf((1 - CONFIDENCE) / 2) + norm.ppf(power)
    return float(quantiles * math.sqrt(2 * rate * (1 - rate) / max(trials, 1e-9)))
