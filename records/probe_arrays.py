"""Columns of probes as arrays.

Shapes: ``B`` probes, ``K`` axes of the grid, ``H`` length of the longest path.
"""

from __future__ import annotations

import numpy as np
import pandas as pd


def points_of(rows: pd.DataFrame) -> np.ndarray:
    """The points of probes, ``(B, K)`` int64; without probes ``(0, 0)``."""
    return np.array(rows["levels"].tolist(), np.int64).reshape(len(rows), -1)


def paths_of(rows: pd.DataFrame) -> np.ndarray:
    """The actions that led to probes where points do not say it all, ``(B, H)`` int64, -1 after them; H may be 0."""
    paths = rows["path"].tolist() if "path" in rows else [()] * len(rows)
    longest = max((len(path) for path in paths), default=0)
    return np.array([[*path, *[-1] * (longest - len(path))] for path in paths], np.int64).reshape(len(rows), longest)
