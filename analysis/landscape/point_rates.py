"""The rates of the points of a grid: counted, corrected and smoothed.

Shapes: ``P`` points.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from failscape.analysis.statistics.item_difficulty import smoothed_rates
from failscape.analysis.statistics.rates import clustered_trials, weighted_rates, wilson
from failscape.analysis.statistics.smoothing import smooth
from failscape.concepts import ConceptSpace

MIN_SPREAD = 1e-3  # variance that a single outcome has at least
SMOOTHED = ["smoothed", "deviation", "smoothed_low", "smoothed_high"]
Z_95 = 1.96  # standard deviations that hold 95 % of a normal distribution


def smoothed_columns(mean: np.ndarray, deviation: np.ndarray) -> pd.DataFrame:
    """A posterior with its central 95 %."""
    low, high = (np.clip(mean + sign * Z_95 * deviation, 0, 1) for sign in (-1, 1))
    columns = {"smoothed": mean, "deviation": deviation, "smoothed_low": low, "smoothed_high": high}
    return pd.DataFrame(columns)


def smoothed_points(
    units: pd.DataFrame, table: pd.DataFrame, space: ConceptSpace, items: pd.DataFrame | None, counted: bool
) -> pd.DataFrame:
    """The smoothed columns of every point.

    Where each item is at one point, no item says how hard another is, and rates are smoothed as they were counted.
    """
    coordinates = space.coordinates(space.grid())
    if not counted:
        clean = items["score"].to_numpy(float) if items is not None else None
        return smoothed_columns(*smoothed_rates(units, coordinates, clean))
    trials, rate = table["trials"].to_numpy(float), table["rate"].to_numpy(float)
    overall = float(np.average(units["failed"])) if len(units) else 0.5
    spread = max(overall * (1 - overall), MIN_SPREAD)
    variance = np.divide(spread, trials, out=np.full(len(trials), np.inf), where=trials > 0)
    return smoothed_columns(*smooth(coordinates, rate, variance))


def counted_points(
    probes: pd.DataFrame, units: pd.DataFrame, n_points: int, population: np.ndarray | None
) -> pd.DataFrame:
    """Counts and corrected rates: of probes, or of units where the items are rows of a table."""
    counted = probes if population is None else units
    visits = np.bincount(counted["point"].to_numpy(np.int64), minlength=n_points)
    failures = np.bincount(counted["point"].to_numpy(np.int64), counted["failed"].to_numpy(float), n_points).astype(int)
    points, weights = units["point"].to_numpy(np.int64), units["weight"].to_numpy(float)
    failed, clusters = units["failed"].to_numpy(float), units["cluster"].to_numpy(np.int64)
    rate, trials = weighted_rates(points, failed, weights, n_points)
    if population is not None:
        trials = clustered_trials(points, clusters, failed, weights, n_points)
    severity, _ = weighted_rates(points, units["severity"].to_numpy(float), weights, n_points)
    low, high = wilson(np.nan_to_num(rate) * trials, trials)
    raw = np.divide(failures, visits, out=np.full(n_points, np.nan), where=visits > 0)
    columns = {
        "visits": visits,
        "failures": failures,
        "raw_rate": raw,
        "rate": rate,
        "trials": trials,
        "low": low,
        "high": high,
        "severity": severity,
    }
    return pd.DataFrame(columns)
