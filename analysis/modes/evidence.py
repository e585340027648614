"""What a run knows of its edits, laid out for the search of failure modes.

Shapes: ``P`` points, ``K`` concepts, ``M`` points of a region.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from failscape.analysis.grids.view import view_of
from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.statistics.multiple_testing import LEVEL, benjamini_hochberg, exceeds
from failscape.analysis.statistics.rates import clustered_rate, difference_p, weighted_rates
from failscape.analysis.statistics.units import Unit


class Evidence(NamedTuple):
    """Units that were probed, and the unedited items beside which they are looked at, where there are any."""

    landscape: Landscape
    pairs: pd.DataFrame  # item, cluster, label, point, failed, weight, and share: of what its point counts
    clean: pd.DataFrame  # label, failed: the unedited items that were explored; no rows where there are none
    neighbours: np.ndarray  # (P, M) neighbours, -1 for none
    class_names: Sequence[str]
    noun: str = "class"  # what a class is called
    valid: np.ndarray | None = None  # (P, C) bool: which classes have a right answer where; all where None

    @property
    def labels(self) -> list[int]:
        """Classes that were probed."""
        return np.unique(self.pairs["label"]).tolist()

    def valid_points(self, classes: Sequence[int]) -> np.ndarray | None:
        """Points at which some of the classes have a right answer, any where there are none: ``(P,)``; None for all."""
        if self.valid is None:
            return None
        own = self.valid[:, list(classes)] if len(classes) else self.valid
        return np.asarray(own.any(axis=1))

    def class_name(self, label: int) -> str:
        """Name of a class, its index where it has none."""
        return self.class_names[label] if label < len(self.class_names) else str(label)


def gather(
    landscape: Landscape,
    probes: pd.DataFrame,
    items: pd.DataFrame,
    class_names: Sequence[str],
    noun: str = "class",
    valid: np.ndarray | None = None,
) -> Evidence:
    """The evidence of a run, from tables as :func:`failscape.analysis.modes.search.find_modes` takes them."""
    pairs = Unit.of(items).complete(probes)
    reference = items["group"].to_numpy(np.int64)
    pairs = pairs.assign(
        label=reference[pairs["item"].to_numpy(np.int64)],
        share=pairs["weight"] / pairs.groupby("point")["weight"].transform("sum"),
    )
    pairs["share"] *= landscape.weights[pairs["point"].to_numpy(np.int64)]
    explored = items[~items["held_out"].to_numpy(bool)]
    clean = pd.DataFrame({"label": explored["group"], "failed": explored["failed"].astype(float)}).dropna()
    neighbours = view_of(landscape.space).neighbours(landscape.table["smoothed"].to_numpy(float))
    return Evidence(landscape, pairs, clean, neighbours, class_names, noun, valid)


def counts(landscape: Landscape) -> tuple[np.ndarray, np.ndarray]:
    """Effective failures and trials of every point: ``(P,), (P,)``."""
    trials = landscape.table["trials"].to_numpy(float)
    return np.nan_to_num(landscape.table["rate"].to_numpy(float)) * trials, trials


def counts_of(pairs: pd.DataFrame, n_points: int) -> tuple[np.ndarray, np.ndarray]:
    """Effective failures and trials of some pairs at every point: ``(P,), (P,)``."""
    point, failed, weight = (pairs[column].to_numpy() for column in ("point", "failed", "weight"))
    rates, trials = weighted_rates(point, failed, weight, n_points)
    return np.nan_to_num(rates) * trials, trials


def at(pairs: pd.DataFrame, points: np.ndarray) -> pd.DataFrame:
    """The pairs at some points ``(M,)``."""
    return pairs[pairs["point"].isin(points)]


def rate_of(pairs: pd.DataFrame) -> tuple[float, float]:
    """Failure rate of a uniform edit among the pairs' points, and its effective number of trials."""
    columns = (pairs[column].to_numpy() for column in ("cluster", "failed", "share"))
    return clustered_rate(*columns)


def exceeds_clean(pairs: pd.DataFrame, clean: pd.DataFrame) -> float:
    """p-value of pairs failing no more than unedited items."""
    return p_value(pairs, float(clean["failed"].sum()), len(clean))


def exceeds_rest(pairs: pd.DataFrame, points: np.ndarray, rest: np.ndarray) -> float:
    """p-value of units at ``points`` failing no more than those at the points of ``rest``, rows of the grid each."""
    near = pairs[pairs["point"].isin(points) | pairs["point"].isin(rest)]
    clusters, failed, share = (near[column].to_numpy() for column in ("cluster", "failed", "share"))
    return difference_p(clusters, failed, share, near["point"].isin(points).to_numpy())


def p_value(pairs: pd.DataFrame, other_failures: float, other_trials: float) -> float:
    """p-value of pairs failing no more than others of known counts."""
    if not len(pairs):
        return 1.0
    rate, trials = rate_of(pairs)
    return float(exceeds(*(np.array([count]) for count in (rate * trials, trials, other_failures, other_trials)))[0])


def worst_classes(pairs: pd.DataFrame) -> list[int]:
    """Classes that fail more than the rest of a region, by more than chance, the worst first."""
    labels = np.unique(pairs["label"][pairs["failed"] > 0])
    counted = []
    for label in labels.tolist():
        own = pairs["label"] == label
        (rate, trials), (rest, n_rest) = rate_of(pairs[own]), rate_of(pairs[~own])
        counted.append([rate, trials, np.nan_to_num(rest) * n_rest, n_rest])
    table = np.array(counted).reshape(-1, 4)
    significant, _ = benjamini_hochberg(exceeds(table[:, 0] * table[:, 1], *table[:, 1:].T), LEVEL)
    order = np.argsort(-table[:, 0], kind="stable")
    return [int(labels[i]) for i in order if significant[i]]
