"""Do the statistics hold? Coverage of every interval, and false failure modes where there are none, by simulation.

Nothing is asked of any target: outcomes are drawn by numpy from rates that are known. Half of the items are harder than
the other half, and the probes of half of the runs are chosen by an explorer that looks at the item, with its
propensities.
"""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks.common import Row, finish, parser
from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.landscape.risk import risk
from failscape.analysis.modes.confirmation import confirm_modes
from failscape.analysis.modes.mode import Mode
from failscape.analysis.modes.search import find_modes
from failscape.analysis.statistics.multiple_testing import LEVEL
from failscape.analysis.statistics.rates import weighted_rates, wilson
from failscape.concepts import ConceptSpace, concept_space

SPACE = concept_space("fsrl")
P = SPACE.n_points
N_ITEMS, N_CLASSES = 3000, 12
RATES, TRIALS = (0.01, 0.05, 0.2, 0.5, 0.9), (20, 60, 200)
SURFACES = ("flat", "slope", "hill", "box")
TOLERANCE = 2.0  # points of coverage, either way
NULL_RATES = (0.0, 0.03, 0.15)


class Drawn(NamedTuple):
    """One simulated run, and the truth behind it."""

    truth: np.ndarray  # (P,)
    probes: pd.DataFrame
    items: pd.DataFrame


def main(argv: list[str] | None = None) -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--runs", type=int, default=20, help="runs per setting of the landscape simulations")
    arguments.add_argument("--nulls", type=int, default=60, help="runs without failure modes, per baseline")
    args = arguments.parse_args(argv)
    counted = {"wilson": counted_coverage(0)} | landscape_coverage(args.runs, 1)
    rows, figures = [], {}
    for name, found in counted.items():
        pooled = 100 * float(np.mean(list(found.values())))
        figures[name] = found
        rows.append(Row(f"{name}: {TOLERANCE:g} - |pooled coverage - 95| [points]", TOLERANCE - abs(pooled - 95), 0))
        print(f"{name}: {pooled:.1f} % pooled; { ({key: round(value, 3) for key, value in found.items()}) }")
    nulls = null_runs(args.nulls, 2)
    figures["nulls"] = nulls
    for kind in ("found", "confirmed"):
        rows.append(Row(f"level - share of null runs with a mode {kind}", LEVEL - nulls[kind], 0))
    return finish(args.json, rows, figures)


def counted_coverage(seed: int, repeats: int = 4000) -> dict[str, float]:
    """Share of Wilson's intervals that hold the rate, from equal and from unequal weights."""
    rng, found = np.random.default_rng(seed), {}
    for rate in RATES:
        for n in TRIALS:
            for unequal in (False, True):
                points = np.repeat(np.arange(repeats), n)
                # An explorer's own choices weigh little and its uniform share much; Kish's number says what is left.
                weights = np.where(rng.random(len(points)) < 0.5, 2.0, 20.0) if unequal else np.ones(len(points))
                failed = (rng.random(len(points)) < rate).astype(float)
                rates, trials = weighted_rates(points, failed, weights, repeats)
                low, high = wilson(rates * trials, trials)
                key = f"rate {rate:g}, n {n}, {'weighted' if unequal else 'equal'}"
                found[key] = float(((low <= rate) & (rate <= high)).mean())
    return found


def landscape_coverage(runs: int, seed: int) -> dict[str, dict[str, float]]:
    """Share of points inside their counted and smoothed intervals, and of risks inside theirs."""
    rng = np.random.default_rng(seed)
    found: dict[str, dict[str, list[float]]] = {"counted": {}, "smoothed": {}, "risk": {}}
    for surface in SURFACES:
        for per_point in (20, 50):
            for by_item in (False, True):
                key = f"{surface}, {per_point} per point, {'by item' if by_item else 'uniform'}"
                for _ in range(runs):
                    drawn = draw(rng, surface, per_point, by_item)
                    inside = coverages(rng, drawn)
                    for kind, value in inside.items():
                        found[kind].setdefault(key, []).append(value)
    return {kind: {key: float(np.mean(values)) for key, values in cases.items()} for kind, cases in found.items()}


def coverages(rng: np.random.Generator, drawn: Drawn) -> dict[str, float]:
    landscape = Landscape.from_probes(drawn.probes, SPACE, items=drawn.items)
    table, truth = landscape.table, drawn.truth
    risks = []
    for concentration in (0.02, 0.2, 2.0, 50.0):  # from a few points to nearly all
        for weights in rng.dirichlet(np.full(P, concentration), 2):
            _, low, high = risk(landscape, weights, drawn.probes)
            risks.append(low <= weights @ truth <= high)
    return {
        "counted": float(((table["low"] <= truth) & (truth <= table["high"])).mean()),
        "smoothed": float(((table["smoothed_low"] <= truth) & (truth <= table["smoothed_high"])).mean()),
        "risk": float(np.mean(risks)),
    }


def draw(rng: np.random.Generator, surface: str, per_point: int, by_item: bool) -> Drawn:
    """A run over a surface; every item and point has one outcome."""
    rates = _surface(surface)
    hard = rng.random(N_ITEMS) < 0.5
    spread = np.minimum(rates, 1 - rates) / 2
    fails = rates + np.where(hard, 1, -1)[:, None] * spread
    n = per_point * P
    items = rng.integers(N_ITEMS, size=n)
    chance = np.full((2, P), (0.5 if by_item else 1.0) / P)
    if by_item:  # it has learned a favourite third of the grid for either kind of item
        for kind, third in enumerate((slice(0, P // 3), slice(-(P // 3), None))):
            chance[kind, third] += 0.5 / (P // 3)
    cumulative = chance.cumsum(axis=1)
    kinds = hard[items].astype(int)
    points = np.minimum((cumulative[kinds] < rng.random(n)[:, None]).sum(axis=1), P - 1)
    outcomes = rng.random((N_ITEMS, P)) < fails
    return Drawn(rates, _probes(items, points, outcomes[items, points], chance[kinds, points]), _items(rng, hard, 0.02))


def _surface(name: str) -> np.ndarray:
    """Rates of the points ``(P,)``."""
    x = SPACE.coordinates(SPACE.grid()).astype(float)
    if name == "flat":
        return np.full(P, 0.1)
    if name == "slope":
        return 0.05 + 0.3 * (x[:, 0] + x[:, 1] + 2) / 4
    if name == "hill":
        return 0.03 + 0.7 * np.exp(-1.5 * ((x[:, 0] - 0.5) ** 2 + (x[:, 1] + 0.3) ** 2 + x[:, 2] ** 2))
    return np.where((x[:, :2] >= 0.5).all(axis=1), 0.6, 0.03)


def null_runs(runs: int, seed: int) -> dict[str, float]:
    """Share of runs without any failure mode in which one is found, and in which one is confirmed."""
    rng = np.random.default_rng(seed)
    found, confirmed = [], []
    for rate in NULL_RATES:
        for _ in range(runs):
            outcomes = rng.random((N_ITEMS, P + 1)) < rate  # the last one unedited
            items, points = rng.integers(N_ITEMS, size=20 * P), rng.integers(P, size=20 * P)
            probes = _probes(items, points, outcomes[items, points], np.full(len(items), 1 / P))
            frame = _items(rng, outcomes[:, -1], 0.0)
            landscape = Landscape.from_probes(probes, SPACE, items=frame)
            modes = find_modes(landscape, probes, frame)
            found.append(bool(modes))
            # Whether or not modes were found, confirmation must not confirm what is none.
            some = modes or [_nothing(rng)]
            asked = confirm_modes(known(SPACE, frame, outcomes[:, :-1]), some, seed)
            confirmed.append(any(mode.confirmed for mode in asked.modes))
    return {"found": float(np.mean(found)), "confirmed": float(np.mean(confirmed)), "runs": len(found)}


def _nothing(rng: np.random.Generator) -> Mode:
    """A mode that is none: a few random points."""
    points = rng.choice(P, 8, replace=False)
    return Mode(points, (), "nothing", share=0.0, seen_rate=0.0, n_seen=0, q_value=1.0, severity=0.0)


class Known(NamedTuple):
    """What confirmation needs of an MDP, with every outcome known."""

    space: ConceptSpace
    items: SimpleNamespace
    baseline: SimpleNamespace
    outcomes: np.ndarray  # (N, P) bool
    has_unedited: bool = True

    def valid(self, points: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Every item has a right answer everywhere."""
        return np.ones(len(items), bool)

    def at(self, items: np.ndarray, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Items at points."""
        return items, points

    def evaluate(self, state: tuple[np.ndarray, np.ndarray]) -> SimpleNamespace:
        """Outcomes from the table."""
        items, points = state
        return SimpleNamespace(failed=self.outcomes[items, self.space.index(points)])


def known(space: ConceptSpace, items: pd.DataFrame, outcomes: np.ndarray) -> Known:
    columns = {
        "held_out": items["held_out"].to_numpy(),
        "group": items["group"].to_numpy(),
        "distinct": np.ones(len(items), bool),
    }
    baseline = SimpleNamespace(failed=items["failed"].to_numpy())
    return Known(space, SimpleNamespace(**columns), baseline, outcomes)


def _probes(items: np.ndarray, points: np.ndarray, failed: np.ndarray, propensity: np.ndarray) -> pd.DataFrame:
    columns = {"item": items, "point": points, "failed": failed, "severity": failed * 1.0, "propensity": propensity}
    cached = pd.DataFrame({"item": items, "point": points}).duplicated().to_numpy()
    return pd.DataFrame(columns | {"cached": cached})


def _items(rng: np.random.Generator, hard: np.ndarray, wrong: float) -> pd.DataFrame:
    """Items whose unedited looks foretell how hard they are; all hard ones fail where ``wrong`` is 0."""
    failing = rng.random(N_ITEMS) < wrong if wrong else hard
    columns = {
        "group": rng.integers(N_CLASSES, size=N_ITEMS),
        "failed": failing,
        "score": np.where(hard, 0.6, 0.9) + 0.1 * rng.random(N_ITEMS),
        "held_out": np.arange(N_ITEMS) % 5 == 0,
    }
    return pd.DataFrame(columns)


if __name__ == "__main__":
    sys.exit(main())
