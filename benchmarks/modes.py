"""Is what a mode says so? Coverage of its interval, runs without any mode, and whether another seed finds the same.

Simulated runs have known rates: one or two boxes of the grid in which more items fail, half of the items harder than
the others, uniform probes. A mode's truth is the mean rate of fresh items over its own cells. Null runs have one rate
everywhere, unedited included. Real runs look outcomes up in exhaustive scans (``benchmarks.truth``): ResNet-20 and
ResNet-32 on CIFAR-10, the street-sign classifier and the summarizer of reports. There a third of the items is explored,
a third confirms, and the last third is the truth, so that it had no part in search or confirmation; its own error is
taken into account. The headline of a run is its first mode. Replication is the Jaccard index of the best-matched modes
of two seeds, by the failures of the scan that their cells hold.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import permutations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from benchmarks import intervals, truth
from benchmarks.common import Row, finish, parser
from benchmarks.exploring import item_frame
from benchmarks.gaps import GRID
from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.modes.confirmation import confirm_modes
from failscape.analysis.modes.mode import Mode
from failscape.analysis.modes.rule import satisfied
from failscape.analysis.modes.search import find_modes
from failscape.envs.mdp import ConceptMDP
from failscape.envs.planted import draw_regions

SPACE, P, N_ITEMS = intervals.SPACE, intervals.P, intervals.N_ITEMS
CLEAN = 0.05
QUERIES = 20_000
SIMULATED = "simulated"
TARGETS: dict[str, dict[str, Any]] = {
    "resnet20": {"weights": "cifar10_resnet20"},
    "resnet32": {"weights": "cifar10_resnet32"},
    "street": {"target": "embedded:street-signs", "concepts": GRID, "max_items": 2000},
    "reports": {"env": "failscape/Summarizer-v0", "target": "embedded:street-reports", "max_items": 1000},
}


def main(argv: list[str] | None = None) -> int:
    arguments = parser(__doc__)
    truth.add_arguments(arguments)
    arguments.add_argument("--only", choices=[*TARGETS, SIMULATED], nargs="+", default=[*TARGETS, SIMULATED])
    arguments.add_argument("--runs", type=int, default=800, help="simulated runs with modes")
    arguments.add_argument("--nulls", type=int, default=300, help="simulated runs without any")
    args = arguments.parse_args(argv)
    rows: list[Row] = []
    figures: dict[str, Any] = {}
    real: dict[str, list[Told]] = {}
    for name, make in TARGETS.items():
        if name not in args.only:
            continue
        known = truth.load(args, **make)
        real[name] = told = [real_run(known, seed) for seed in range(args.seeds)]
        failed, groups = truth.table(known).failed, known.items.group
        pairs = [
            replication(told[a].modes, told[b].modes, failed, groups) for a, b in permutations(range(args.seeds), 2)
        ]
        figures[name] = {"modes": [len(run.modes) for run in told], "replication": pairs}
        figures[name]["sides"] = [run.sides for run in told]
        print(f"{name}: {figures[name]}", flush=True)
        rows.append(Row(f"{name}: replication (failure-weighted Jaccard)", float(np.mean(pairs)), 0.7))
    if real:
        rows += told_by(real, figures)
    if SIMULATED in args.only:
        rows += simulated(args.runs, args.nulls, figures)
    return finish(args.json, rows, figures)


def told_by(real: dict[str, list[Told]], figures: dict[str, Any]) -> list[Row]:
    """Rows of all real runs together; adds their ``figures``."""
    sides = [side for runs in real.values() for run in runs for side in run.sides]
    headlines = [run.sides[0] for runs in real.values() for run in runs if run.sides]
    figures["headlines"] = {side: headlines.count(side) for side in ("holds", "above", "below")}
    print(f"headlines: {figures['headlines']}, of {len(sides)} modes {sides.count('holds')} hold", flush=True)
    return [
        Row("real modes: p-value of 95 % coverage", coverage_p(sides), 0.05),
        Row("real headlines whose interval holds, of 20", 20 * headlines.count("holds") / len(headlines), 17),
    ]


def simulated(runs: int, nulls: int, figures: dict[str, Any]) -> list[Row]:
    """Rows of simulated runs, and of those in which there is nothing to find; adds their ``figures``."""
    found = simulated_coverage(runs)
    false = float(np.mean([bool(confirmed(seed, None)) for seed in range(nulls)]))
    print(f"simulated: {found}; null runs with a confirmed mode: {false:.3f}", flush=True)
    figures |= {"simulated": found, "null_runs": false, "runs": runs, "nulls": nulls}
    return [
        Row("simulated modes", found["n"], 1000),
        Row("2 - |coverage - 95| [points]", 2 - abs(100 * found["coverage"] - 95), 0),
        Row("null runs with a mode", false, 0.05, at_most=True),
    ]


def simulated_coverage(runs: int) -> dict[str, Any]:
    """Share of the modes whose interval holds the truth, and on which side the others lie."""
    found = [outcome for seed in range(runs) for outcome in confirmed(seed, 1 + seed % 2)]
    low, high, true = np.array(found).T
    return {
        "n": len(found),
        "coverage": float(((low <= true) & (true <= high)).mean()),
        "above": float((low > true).mean()),
        "below": float((high < true).mean()),
    }


def confirmed(seed: int, n_regions: int | None) -> list[tuple[float, float, float]]:
    """Intervals and truths of the confirmed modes of a simulated run; without regions there is nothing to find."""
    rng = np.random.default_rng(seed)
    rates = np.full(P, CLEAN)
    if n_regions is None:
        rates[:] = rng.choice([0.02, 0.1, 0.3])
    for region in draw_regions(SPACE, rng, n_regions or 1) if n_regions else []:
        rates[region.holds(SPACE.grid())] = region.rate * rng.uniform(0.4, 1)
    hard = rng.random(N_ITEMS) < 0.5
    fails = rates + np.where(hard, 1, -1)[:, None] * np.minimum(rates, 1 - rates) / 2
    outcomes = rng.random((N_ITEMS, P)) < fails
    clean = rng.random(N_ITEMS) < (rates[0] if n_regions is None else CLEAN)
    # Of each hundred some 20 are held out, of 3000 items 600.
    items = pd.DataFrame(
        {
            "group": rng.integers(intervals.N_CLASSES, size=N_ITEMS),
            "failed": clean,
            "score": 0.9,
            "held_out": np.arange(N_ITEMS) % 5 == 0,
        }
    )
    probes = uniform(outcomes, ~items["held_out"].to_numpy(), 30 * P, rng)
    landscape = Landscape.from_probes(probes, SPACE, items=items)
    modes = find_modes(landscape, probes, items)
    judged = confirm_modes(intervals.known(SPACE, items, outcomes), modes, seed).modes
    return [(m.low, m.high, float(rates[m.points].mean())) for m in judged if m.confirmed and m.low is not None]


def uniform(outcomes: np.ndarray, explored: np.ndarray, n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Probes of random items at random points, each pair once."""
    n_points = outcomes.shape[1]
    item, point = rng.choice(np.flatnonzero(explored), n), rng.integers(n_points, size=n)
    failed = outcomes[item, point]
    columns = {"item": item, "point": point, "failed": failed, "severity": failed * 1.0}
    return pd.DataFrame(columns).assign(propensity=1 / n_points, cached=False).drop_duplicates(["item", "point"])


class Told(NamedTuple):
    """What one run says, and on which side of its interval the truth of each mode lies."""

    modes: list[Mode]
    sides: list[str]  # "holds", "above" where the interval lies above the truth, "below" where below


def real_run(known: ConceptMDP, seed: int) -> Told:
    """The confirmed modes of one exploration of a scanned target, and whether items that nobody saw agree."""
    failed = truth.table(known).failed
    rng = np.random.default_rng(seed)
    third = rng.integers(3, size=len(known.items))
    items = replace(known.items, held_out=third == 1)
    split = ConceptMDP(known.target, known.space, items, known.reward, known.baseline).with_evaluator(known.evaluator)
    rows = item_frame(split)
    probes = uniform(failed, third == 0, QUERIES, rng)
    landscape = Landscape.from_probes(probes, known.space, items=rows)
    found = find_modes(landscape, probes, rows, known.group_names, valid=known.valid_cells)
    modes = [mode for mode in confirm_modes(split, found, seed).modes if mode.confirmed]
    print(f"seed {seed}: {[mode.name for mode in modes]}", flush=True)
    return Told(modes, [side(mode, known, third == 2) for mode in modes])


def side(mode: Mode, known: ConceptMDP, kept: np.ndarray) -> str:
    """Whether items that had no part in anything differ from a mode's rate by no more than both errors allow."""
    assert mode.rate is not None and mode.low is not None and mode.high is not None
    groups = known.items.group
    items = np.flatnonzero(kept & np.isin(groups, mode.classes) if mode.classes else kept)
    item, point = np.repeat(items, len(mode.points)), np.tile(mode.points, len(items))
    valid = known.valid(known.space.point(point), item).reshape(len(items), -1)
    failed = truth.table(known).failed[np.ix_(items, mode.points)]
    asked = valid.any(axis=1)
    each = (failed & valid)[asked].sum(axis=1) / valid[asked].sum(axis=1)
    error = each.std(ddof=1) / np.sqrt(len(each))
    reach = mode.rate - mode.low if each.mean() < mode.rate else mode.high - mode.rate
    if abs(each.mean() - mode.rate) <= np.hypot(reach, 1.96 * error):
        return "holds"
    return "above" if mode.rate > each.mean() else "below"


def coverage_p(sides: list[str]) -> float:
    """Of that many intervals that hold, or fewer, if each holds with 95 %: a binomial tail."""
    return float(binomtest(sides.count("holds"), len(sides), 0.95, alternative="less").pvalue) if sides else 0.0


def replication(modes: list[Mode], others: list[Mode], failed: np.ndarray, groups: np.ndarray) -> float:
    """Mean Jaccard index of each mode with its best match, by failures, weighted by the mode's failures."""
    weights, best = [], []
    cells = [_cells(mode, failed, groups) for mode in others]
    for mode in modes:
        own = _cells(mode, failed, groups)
        match = [failed[own & other].sum() / max(failed[own | other].sum(), 1) for other in cells]
        weights.append(failed[own].sum())
        best.append(max(match, default=0.0))
    return float(np.average(best, weights=weights)) if modes else 0.0


def _cells(mode: Mode, failed: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Which pairs of item and point satisfy the rule, ``(N, P)`` bool."""
    item, point = np.indices(failed.shape)
    return satisfied(mode.points, mode.classes, point.ravel(), groups[item.ravel()]).reshape(failed.shape)


if __name__ == "__main__":
    sys.exit(main())
