"""Failure modes as a table of plain values, for people who go on with them in Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from failscape.analysis.modes.mode import Mode

TYPES: dict[str, Any] = {
    "rule": object,
    "confirmed": "boolean",
    "rate": float,
    "low": float,
    "high": float,
    "unedited": float,
    "elsewhere": float,
    "share": float,
    "items": int,
    "severity": float,
    "rating": float,
    "ratings": int,
    "note": object,
    "points": object,
    "classes": object,
}


def modes_frame(modes: Sequence[Mode]) -> pd.DataFrame:
    """A row per mode in the order given; the index ``mode`` counts from 1.

    Columns are ``rule`` (its name), ``confirmed`` (``<NA>`` where held-out items are too few to say), ``rate`` with its
    95 % interval ``low`` to ``high``, ``unedited`` and ``elsewhere`` (failure rates of held-out items, NaN where they
    were not measured), ``share`` (of all failures that a uniform edit would cause), ``items`` (held-out ones that were
    asked), ``severity`` (mean over the failures that the search saw), ``rating`` (mean undesirability that people gave
    it, 1 to 10) and ``ratings`` (how many), ``note`` (why it is not confirmed), ``points`` (lists of rows of the
    landscape) and ``classes`` (lists of values of ``group`` in the probes; all where empty).
    """
    rows = [
        {
            "rule": mode.name,
            "confirmed": mode.confirmed,
            "rate": mode.rate,
            "low": mode.low,
            "high": mode.high,
            "unedited": mode.unedited,
            "elsewhere": mode.elsewhere,
            "share": mode.share,
            "items": mode.n_items,
            "severity": mode.severity,
            "rating": mode.rating,
            "ratings": mode.n_ratings,
            "note": mode.note,
            "points": mode.points.tolist(),
            "classes": list(mode.classes),
        }
        for mode in modes
    ]
    index = pd.RangeIndex(1, len(rows) + 1, name="mode")
    return pd.DataFrame(rows, index=index, columns=list(TYPES)).astype(TYPES)
