"""Failure modes as plain values and back, and with the ratings of people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd

from failscape.analysis.modes.mode import Mode


def mode_rows(modes: Sequence[Mode]) -> list[dict[str, Any]]:
    """Plain values, as ``summary.json`` keeps them: what the run found, without what people said of it later."""
    unrated = [replace(mode, rating=None, n_ratings=0) for mode in modes]
    return [{**asdict(mode), "points": mode.points.tolist(), "classes": list(mode.classes)} for mode in unrated]


def modes_from_rows(rows: Sequence[Mapping[str, Any]]) -> list[Mode]:
    """What :func:`mode_rows` wrote."""
    return [
        Mode(**{**row, "points": np.array(row["points"], np.int64), "classes": tuple(row["classes"])}) for row in rows
    ]


def rated_modes(modes: Sequence[Mode], ratings: pd.DataFrame) -> list[Mode]:
    """Modes with the mean of what people said of them.

    Args:
        modes: of a run.
        ratings: those that count, columns ``mode`` and ``undesirability``; NaN abstains.
    """
    said = dict(list(ratings.dropna(subset=["undesirability"]).groupby("mode")["undesirability"]))
    return [
        replace(m, rating=float(said[m.name].mean()), n_ratings=len(said[m.name])) if m.name in said else m
        for m in modes
    ]
