"""What a rate counts: units, each judged by all of its probes.

A probe is an answer; a unit may take several: two questions of one picture that must both be right, the same edit of
the same item asked twice. Everything that is counted or tested rests on a table of judged units and never on probes.

Shapes: ``N`` items, ``U`` units, ``P`` points.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from failscape.analysis.statistics.rates import inverse_propensities


def with_verdict(probes: pd.DataFrame) -> pd.DataFrame:
    """The probes that have a verdict: a picture that was withheld is neither a failure nor none."""
    return probes[probes["severity"].notna()]


@dataclass(frozen=True)
class Unit:
    """How probes are put together.

    Where items can be edited, a unit is an item at a point: an outcome that was remembered is no second observation,
    and must not count as one. Copies of an item are that item, at each point with the mean of their outcomes. Where
    items are rows of a table, a unit is what the table says belongs together, and it fails unless all of its rows hold.
    """

    cluster: np.ndarray | None = None  # (N,) int64: units of one cluster are alike, copies where there is no unit
    unit: np.ndarray | None = None  # (N,) int64; an item at a point where None
    home: np.ndarray | None = None  # (N,) int64 point of each item; anywhere where None

    @classmethod
    def of(cls, items: pd.DataFrame | None) -> Unit:
        """From the items of a run, as the records hold them."""
        if items is None or "cluster" not in items or items["cluster"].isna().any() or not len(items):
            return cls()
        known = ("cluster",) if items["unit"].isna().any() else ("cluster", "unit", "home")
        return cls(*(items[name].to_numpy(np.int64) for name in known))

    def judge(self, probes: pd.DataFrame) -> pd.DataFrame:
        """One row per unit that was probed, in a fixed order.

        Columns ``item`` (one of it; of copies the first), ``cluster, point, failed`` (in [0, 1]), ``severity, weight``
        (inverse of the probability with which it was chosen), ``n`` (different probes) and ``complete`` (whether
        nothing of it is missing; what is not complete is not judged, and no rate may count it).

        Args:
            probes: columns ``item, point, failed, severity, propensity``; none unedited. Those without a verdict are
                left out.
        """
        probes = with_verdict(probes)
        weight = inverse_propensities(probes["propensity"].to_numpy(float))
        columns = probes[["item", "point", "failed", "severity"]].astype({"failed": float})
        if self.unit is None:
            columns["item"] = self.first_alike(columns["item"].to_numpy(np.int64))
        grouped = columns.assign(weight=weight).groupby(["item", "point"], sort=True)
        pairs = grouped.agg(failed=("failed", "mean"), severity=("severity", "mean"), weight=("weight", "sum"))
        pairs = pairs.reset_index()
        if self.unit is None or self.cluster is None:
            return pairs.assign(cluster=pairs["item"], n=1, complete=True)
        items = pairs["item"].to_numpy(np.int64)
        judged = pairs.assign(cluster=self.cluster[items], unit=self.unit[items]).groupby("unit", sort=True)
        units = judged.agg(
            item=("item", "first"),
            cluster=("cluster", "first"),
            point=("point", "first"),
            failed=("failed", "max"),
            severity=("severity", "max"),
            weight=("weight", "mean"),
            n=("item", "size"),
        )
        return units.assign(complete=units["n"].to_numpy() == self.sizes[units.index]).reset_index(drop=True)

    def first_alike(self, items: np.ndarray) -> np.ndarray:
        """Items ``(M,)``, each by what stands for all that are like it: of copies the first, of rows their cluster."""
        return items if self.cluster is None else self.cluster[items]

    def complete(self, probes: pd.DataFrame) -> pd.DataFrame:
        """The judged units of probes, edited ones only, without those of which something is missing."""
        units = self.judge(probes[probes["point"] >= 0])
        return units[units["complete"]].reset_index(drop=True)

    @property
    def sizes(self) -> np.ndarray:
        """Items of each unit of a table, ``(U,)``."""
        return np.zeros(0, np.int64) if self.unit is None else np.bincount(self.unit)

    def population(self, n_points: int) -> np.ndarray | None:
        """How many units there are at each point, ``(P,)``; None where any item can be edited to any point."""
        if self.unit is None or self.home is None:
            return None
        _, first = np.unique(self.unit, return_index=True)
        return np.bincount(self.home[first], minlength=n_points)


def counted_once(items: pd.DataFrame) -> pd.DataFrame:
    """The items of a run, with nothing said of how copies fail unedited: the first of them says it for all."""
    if Unit.of(items).cluster is None or items["unit"].notna().all():
        return items
    first = items.index.to_numpy() == items["cluster"].to_numpy()
    return items.assign(failed=items["failed"].astype(float).where(first))
