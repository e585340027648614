"""How far raters agree."""

from __future__ import annotations

from typing import Literal

import krippendorff
import numpy as np
import pandas as pd


def alpha(
    ratings: pd.DataFrame, what: str = "undesirability", level: Literal["interval", "nominal"] = "interval"
) -> float:
    """Krippendorff's alpha: 1 where raters agree, 0 where they do no better than chance.

    Args:
        ratings: one row per rater and case, columns ``rater``, ``case`` and ``what``; NaN where not said.
        what: ``undesirability``, ``quality`` or ``still_right``.
        level: of measurement: a scale, or names of which none is between others.

    Returns:
        NaN where no case was rated twice, or all said the same of everything, so that there is nothing to tell apart.
    """
    said = ratings.dropna(subset=[what])
    table = said.pivot_table(index="rater", columns="case", values=what, aggfunc="last").to_numpy(float)
    shared = table[:, (~np.isnan(table)).sum(axis=0) > 1] if table.size else table
    if not shared.size or len(np.unique(shared[~np.isnan(shared)])) < 2:
        return float("nan")
    return float(krippendorff.alpha(reliability_data=table, level_of_measurement=level))
