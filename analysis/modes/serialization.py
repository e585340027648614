"""Failure modes as plain values and back, and with the ratings of people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd

from failscape.analysis.modes.mode import Mode
from failscape.analysis.modes.still_right import still_right


def mode_rows(modes: Sequence[Mode]) -> list[dict[str, Any]]:
    """Plain values, as ``summary.json`` keeps them: what the run found, without what people said of it later."""
    unrated = [replace(mode, rating=None, n_ratings=0, still_right=None) for mode in modes]
    return [{**asdict(mode), "points": mode.points.tolist(), "classes": list(mode.classes)} for mode in unrated]


def modes_from_rows(rows: Sequence[Mapping[str, Any]]) -> list[Mode]:
    """What :func:`mode_rows` wrote."""
    return [
        Mode(**{**row, "points": np.array(row["points"], np.int64), "classes": tuple(row["classes"])}) for row in rows
    ]


def rated_modes(modes: Sequence[Mode], ratings: pd.DataFrame) -> list[Mode]:
    """Modes with the mean of how bad people said they are, and what they said of right answers.

    Args:
        modes: of a run.
        ratings: those that count, columns ``rater``, ``case``, ``mode``, ``undesirability`` and ``still_right``; NaN
            says nothing.
    """
    of_mode = dict(list(ratings.groupby("mode")))
    return [_rated(mode, of_mode[mode.name]) if mode.name in of_mode else mode for mode in modes]


def _rated(mode: Mode, ratings: pd.DataFrame) -> Mode:
    said = ratings["undesirability"].dropna()
    mean = float(said.mean()) if len(said) else None
    return replace(mode, rating=mean, n_ratings=len(said), still_right=still_right(ratings))
