"""The failure landscape: what the probes of a run say of every point of its grid.

Shapes: ``P`` points, ``K`` concepts, ``M`` probes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from failscape.analysis.landscape.left_out import invalid_share
from failscape.analysis.landscape.point_rates import SMOOTHED, counted_points, smoothed_columns, smoothed_points
from failscape.analysis.notebook import failing, fragment, line, table
from failscape.analysis.statistics.item_difficulty import smoothed_rates
from failscape.analysis.statistics.units import Unit, counted_once, with_verdict
from failscape.common.format import count, interval, percent
from failscape.concepts import ConceptSpace
from failscape.errors import UsageError
from failscape.records.policy import PolicyTable

SHOWN = 5  # points in a notebook


@dataclass(frozen=True)
class Landscape:
    """Failure rates over a grid of edits.

    ``table`` has a row per point and columns ``visits``, ``failures`` (counts), ``raw_rate``, ``rate`` (corrected
    for propensity), ``trials`` (effective number behind it), ``low`` and ``high`` (95 % Wilson interval of ``rate``),
    ``severity`` (mean, in [0, 1], corrected alike), ``smoothed``, ``deviation``, ``smoothed_low`` and ``smoothed_high``
    (posterior of a Gaussian process over the lattice, from rates adjusted for the difficulty of the items probed, and
    its central 95 %), and where an agent left a policy ``policy_mean`` and ``policy_spread`` (FSRL's softmax of Q).
    A point that the grid says is missing has no rates, not even smoothed ones: they are NaN. Where items lie at points
    (rows of a table) and all of a point were seen, its rate is known, and ``smoothed`` is that rate; its interval is
    the one for other items like these.
    """

    space: ConceptSpace
    table: pd.DataFrame
    n_probes: int
    n_queries: int
    baseline: float  # failure rate on the unedited items that were explored; NaN if unknown
    n_baseline: int
    name: str = "landscape"
    population: np.ndarray | None = None  # (P,) units that there are at each point; None where any item can be there
    walked: bool = False  # whether probes lay on the way of walks, so that shares of them are no rates of edits

    @classmethod
    def from_probes(
        cls,
        probes: pd.DataFrame,
        space: ConceptSpace,
        *,
        items: pd.DataFrame | None = None,
        policy: PolicyTable | None = None,
        name: str = "landscape",
        walked: bool = False,
    ) -> Landscape:
        """The landscape of a probe table.

        Args:
            probes: columns ``point, item, failed, severity, propensity, cached``; unedited probes (point -1) are left
                out.
            space: the grid.
            items: columns ``failed, score, held_out``, for the failure rate on unedited items, and for
                what it foretells of each; ``cluster`` where some are copies, ``unit, home`` where they are rows of
                a table.
            policy: what the agent thinks of each point.
            name: for titles.
            walked: whether the probes lay on the way of walks.
        """
        edited = probes[probes["point"] >= 0]
        unit = Unit.of(items)
        units, population = unit.complete(edited), unit.population(space.n_points)
        table = counted_points(with_verdict(edited), units, space.n_points, population)
        counted = table.assign(deviation=0.0)[["rate", "deviation", "low", "high"]].set_axis(SMOOTHED, axis=1)
        known = np.zeros(space.n_points, bool) if population is None else table["visits"].to_numpy() == population
        if known.all():
            smoothed = counted
        else:
            smoothed = smoothed_points(units, table, space, items, counted=population is not None)
            smoothed[known] = counted[known]
        smoothed.loc[list(space.missing)] = np.nan
        table = table.join(smoothed)
        if policy is not None:
            table["policy_mean"], table["policy_spread"] = policy.mean, policy.spread
        explored = counted_once(items[~items["held_out"]]) if items is not None else pd.DataFrame()
        wrong = explored["failed"].dropna() if len(explored) else pd.Series(dtype=float)
        baseline = float(wrong.mean()) if len(wrong) else float("nan")
        n_queries = int((~edited["cached"]).sum())
        return cls(space, table, len(edited), n_queries, baseline, len(wrong), name, population, walked)

    @property
    def failure_rate(self) -> float:
        """Failure rate of a uniform random edit, from the corrected rates of the visited points.

        Where items lie at points, that of all of them: a point counts as often as there are items.
        """
        if self.population is None:
            return float(self.table["rate"].mean())
        rates, seen = self.table["rate"].to_numpy(float), self.table["rate"].notna().to_numpy()
        return float(np.average(rates[seen], weights=self.weights[seen])) if seen.any() else float("nan")

    @property
    def has_unedited(self) -> bool:
        """Whether there are unedited items to compare with; else points are compared with the rest of the grid."""
        return self.n_baseline > 0

    @property
    def is_complete(self) -> bool:
        """Whether everything that there is was seen, so that rates are counts and nothing is estimated."""
        return self.population is not None and bool((self.table["visits"].to_numpy() == self.population).all())

    @property
    def weights(self) -> np.ndarray:
        """How much each point counts where several are put together ``(P,)``: alike, or as often as there are items."""
        return np.ones(self.space.n_points) if self.population is None else self.population.astype(float)

    @property
    def n_points(self) -> int:
        """How many points there are, without the missing ones."""
        return self.space.n_points - len(self.space.missing)

    @property
    def coverage(self) -> float:
        """Share of the points visited, of those that there are."""
        return float((self.table["visits"] > 0).sum() / self.n_points)

    @property
    def entropy(self) -> float:
        """Entropy of the failures over points [bits], the log of how many share them evenly; NaN without failures."""
        rates = np.nan_to_num(self.table["rate"].to_numpy())
        if rates.sum() <= 0:
            return float("nan")
        mass = rates / rates.sum()
        return float(-(mass * np.log2(mass, out=np.zeros_like(mass), where=mass > 0)).sum())

    @property
    def policy_agreement(self) -> float:
        """Spearman correlation of the agent's policy with the smoothed rates; NaN without a policy.

        Shown, never relied on: what an agent prefers need not be what was counted.
        """
        if "policy_mean" not in self.table:
            return float("nan")
        return rank_correlation(self.table["policy_mean"].to_numpy(), self.table["smoothed"].to_numpy())

    def worst(self, n: int = 10) -> pd.DataFrame:
        """The ``n`` visited points of highest smoothed rate, worst first, with a label that names their edits."""
        visited = self.table[self.table["visits"] > 0]
        found = visited.sort_values(["smoothed", "visits"], ascending=False).head(n)
        grid = self.space.grid()
        return found.assign(label=[self.space.label(grid[point]) for point in found.index])[["label", *found.columns]]

    def to_frame(self) -> pd.DataFrame:
        """``table`` with a column for each concept's strength, in its unit, and a label; without missing points."""
        grid = self.space.grid()
        strengths = pd.DataFrame(self.space.strengths(grid), columns=list(self.space.names))
        labels = pd.Series([self.space.label(point) for point in grid], name="label")
        return pd.concat([strengths, labels, self.table], axis=1)[self.space.exists]

    def values(self, column: str = "smoothed") -> np.ndarray:
        """One column on the grid: ``(L1, ..., LK)``."""
        if column not in self.table:
            raise UsageError(f"the landscape has no column {column!r}")
        return self.table[column].to_numpy().reshape(self.space.shape)

    def slice_rates(self, axis: int) -> pd.DataFrame:
        """Marginal of one concept: smoothed rate, visits and failures at each of its levels, over all other levels."""
        level = self.space.grid()[:, axis]
        grouped = self.table.groupby(level)
        smoothed = grouped["smoothed"].mean()
        if self.population is not None:
            there, rates = self.weights > 0, self.table["smoothed"].to_numpy(float)
            n = len(self.space.concepts[axis].levels)
            total = np.bincount(level[there], self.weights[there], n)
            summed = np.bincount(level[there], (self.weights * rates)[there], n)
            smoothed = pd.Series(np.divide(summed, total, out=np.full(n, np.nan), where=total > 0))
        return pd.DataFrame(
            {
                "strength": self.space.concepts[axis].levels,
                "smoothed": smoothed,
                "visits": grouped["visits"].sum(),
                "failures": grouped["failures"].sum(),
            }
        )

    def label(self, point: Any) -> str:
        """A point as a person writes it: ``rotation -10°, darken 0.3``; ``point`` is its row."""
        return self.space.label(self.space.point(np.array([point]))[0])

    def summary(self) -> dict[str, Any]:
        """The figures a person asks for first."""
        worst = next((row for _, row in self.worst(1).iterrows()), None)
        return {
            "n_points": self.n_points,
            "n_probes": self.n_probes,
            "n_queries": self.n_queries,
            "failure_rate": self.failure_rate,
            "baseline": self.baseline,
            "coverage": self.coverage,
            "invalid_share": invalid_share(self.space),
            "entropy_bits": self.entropy,
            "policy_agreement": self.policy_agreement,
            "worst_point": None if worst is None else self.label(worst.name),
            "worst_rate": None if worst is None else float(worst["smoothed"]),
        }

    def _repr_html_(self) -> str:
        """Shown in a notebook: of what it is, and the worst points."""
        seen = f"{self.space}; {count(self.n_probes)} probes, {percent(self.coverage)} of the points visited"
        return fragment(f"Landscape {self.name}", line(seen), *(self._found_html() if self.n_probes else []))

    def _found_html(self) -> list[str]:
        """What a notebook shows of the points: of walks those of most failures, for these have no rates."""
        if self.walked:
            what, most = "points with most failures", self.table[self.table["failures"] > 0].nlargest(SHOWN, "failures")
            counts = zip(most["failures"].tolist(), most["visits"].tolist(), strict=True)
            numbers = [[self.label(p), count(n), count(of)] for p, (n, of) in zip(most.index, counts, strict=True)]
            told = line("walks: what lay on their way says nothing of how many edited items fail")
            return [told, table([what, "failures", "probes"], numbers, left=what)]
        what, worst = "worst points", self.worst(SHOWN)
        figures = worst[["smoothed", "smoothed_low", "smoothed_high"]].to_numpy(float).tolist()
        fails = [f"{percent(rate)} ({interval(low, high)})" for rate, low, high in figures]
        visits = [count(n) for n in worst["visits"].astype(int).tolist()]
        rates = list(zip(worst["label"].tolist(), fails, visits, strict=True))
        told = line(failing(self.failure_rate, self.baseline, edited=self.population is None))
        return [told, table([what, "fails (95 %)", "probes"], rates, left=what)]

    def __repr__(self) -> str:
        if self.walked:
            return f"Landscape({self.n_points} points, {self.n_probes} probes on the way of walks)"
        agreement = "n/a" if np.isnan(self.policy_agreement) else f"{self.policy_agreement:.2f}"
        unedited = f"unedited {percent(self.baseline)}, " if self.population is None else ""
        return (
            f"Landscape({self.n_points} points, {self.n_probes} probes, {percent(self.failure_rate)} fail, "
            f"{unedited}policy agrees {agreement})"
        )


def posterior_at(
    strengths: np.ndarray, probes: pd.DataFrame, space: ConceptSpace, items: pd.DataFrame | None = None
) -> pd.DataFrame:
    """The smoothed failure rate at any strengths of a range, between the points of the grid too.

    Args:
        strengths: ``(M, K)`` in the concepts' units.
        probes: as :meth:`Landscape.from_probes` takes them.
        space: the grid.
        items: likewise.

    Returns:
        ``M`` rows with ``smoothed``, ``deviation``, ``smoothed_low``, ``smoothed_high`` in [0, 1].

    Raises:
        UsageError: a strength lies beyond what was explored.
    """
    pairs = Unit.of(items).complete(probes)
    everywhere = np.concatenate([space.coordinates(space.grid()), space.locate(strengths)])
    mean, deviation = smoothed_rates(pairs, everywhere, items["score"].to_numpy(float) if items is not None else None)
    return smoothed_columns(mean[space.n_points :], deviation[space.n_points :])


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's correlation; NaN where either is constant or fewer than three values are shared."""
    both = ~(np.isnan(a) | np.isnan(b))
    a, b = a[both], b[both]
    if len(a) < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")
    return float(spearmanr(a, b).statistic)
