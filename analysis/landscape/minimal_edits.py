"""Smallest failing edits: how little breaks each item, from the probes of a microscopic run.

Shapes: ``K`` concepts, ``M`` probes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logsumexp

from failscape.analysis.statistics.units import Unit
from failscape.concepts import ConceptSpace
from failscape.concepts.lattice import origin, steps_between
from failscape.records.probe_arrays import points_of

SIGMA = 1.0  # [levels] of the nominal Gaussian


@dataclass(frozen=True)
class Smallest:
    """What a microscopic run found.

    ``table`` has a row per item that was broken, most likely edit first: ``item``, ``probe`` (its number in the run),
    ``levels`` (moved from the unedited item, over all concepts), ``edit`` (in words), ``log_likelihood`` (natural, of
    the edit under the nominal Gaussian) and ``queries`` spent on the item.
    """

    table: pd.DataFrame
    n_items: int  # searched
    n_queries: int
    shares: Mapping[str, float]  # of the levels moved, per concept

    def summary(self) -> dict[str, Any]:
        """The figures a person asks for first."""
        levels = self.table["levels"]
        some = len(levels) > 0
        return {
            "n_items": self.n_items,
            "n_broken": len(levels),
            "median_levels": float(levels.median()) if some else None,
            "mean_log_likelihood": float(self.table["log_likelihood"].mean()) if some else None,
            "median_queries": float(self.table["queries"].median()) if some else None,
            "shares": dict(self.shares),
            "likeliest": None if not some else str(self.table["edit"].iloc[0]),
        }


def smallest_edits(
    probes: pd.DataFrame,
    space: ConceptSpace,
    home: np.ndarray | None = None,
    sigma: float = SIGMA,
    *,
    items: pd.DataFrame | None = None,
) -> Smallest:
    """The failing edit of fewest levels that the probes hold for each item; among equals the likeliest.

    Copies of an item are that item.

    Args:
        probes: columns ``item, levels, failed, cached``.
        space: the grid that was walked.
        home: the unedited point ``(K,)``; that of the lattice when omitted, -1 in each place where edits compound.
        sigma: of the nominal Gaussian [levels].
        items: of the run, a row each; no item is a copy of another where omitted.
    """
    points = points_of(probes).reshape(len(probes), len(space.shape))
    home = origin(space) if home is None else home
    moved = steps_between(space, points, home)
    alike = Unit.of(items).first_alike(probes["item"].to_numpy(np.int64))
    frame = probes.assign(moved=moved.sum(axis=1), likely=log_likelihood(points, space, home, sigma), alike=alike)
    failing = frame[frame["failed"]].sort_values(["moved", "likely"], ascending=[True, False], kind="stable")
    first = failing.drop_duplicates("alike")
    queries = (~probes["cached"]).groupby(probes["item"]).sum()
    table = pd.DataFrame(
        {
            "item": first["item"].to_numpy(),
            "probe": first.index.to_numpy(),
            "levels": first["moved"].to_numpy(),
            "edit": [space.label(points[probes.index.get_loc(i)]) for i in first.index],
            "log_likelihood": first["likely"].to_numpy(),
            "queries": queries.reindex(first["item"]).to_numpy(),
        }
    ).sort_values("log_likelihood", ascending=False, kind="stable", ignore_index=True)
    by_concept = moved[probes.index.get_indexer(first.index)].sum(axis=0)
    total = max(1, int(by_concept.sum()))
    shares = {name: float(n / total) for name, n in zip(space.names, by_concept, strict=True)}
    return Smallest(table, len(np.unique(alike)), int((~probes["cached"]).sum()), shares)


def log_likelihood(points: np.ndarray, space: ConceptSpace, home: np.ndarray, sigma: float = SIGMA) -> np.ndarray:
    """Natural log-likelihood of edits under a nominal disturbance model: ``(M, K) -> (M,)``.

    Concepts are independent, and each one's level is drawn from a Gaussian around ``home`` ``(K,)`` of ``sigma``
    levels, normalised over the levels there are; those without order are all one level from each other. Adaptive
    stress testing prefers the likeliest failure (Lee et al. 2020, arXiv 1811.02188).
    """
    total = np.zeros(len(points))
    for k, n_levels in enumerate(space.shape):
        if space.concepts[k].categorical:
            total += _unordered(points[:, k] != home[k], n_levels, sigma)
            continue
        scores = -0.5 * ((np.arange(min(home[k], 0), n_levels) - home[k]) / sigma) ** 2
        total += -0.5 * ((points[:, k] - home[k]) / sigma) ** 2 - logsumexp(scores)
    return total


def _unordered(moved: np.ndarray, n_levels: int, sigma: float) -> np.ndarray:
    """The same of one axis without order, by whether it is moved: ``(M,) -> (M,)``."""
    nearest = -0.5 / sigma**2
    return moved * nearest - float(np.log1p((n_levels - 1) * np.exp(nearest)))
