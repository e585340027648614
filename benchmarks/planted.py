"""Are planted failures found, and is what is found there? Oracle targets with one to three regions, then trained gaps.

The street signs over mild edits, where they are nearly always right, with answers flipped inside drawn boxes at least
two levels apart. Target ``i`` is drawn with seed ``i`` and explored with seed ``i``; modes must be confirmed on
held-out items to count. A mode is false where it belongs to no region and its rate in the exhaustive scan of the
held-out items is not above the unedited one. Intervals are of a bootstrap over targets. The goals are for the largest
budget. The known gaps of the classifier come last (``benchmarks.gaps``).
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from benchmarks import gaps, truth
from benchmarks.common import Row, finish, parser
from benchmarks.exploring import explored_modes
from failscape.analysis.modes.discovery_score import Score, spotcheck
from failscape.analysis.modes.mode import Mode
from failscape.envs.mdp import ConceptMDP
from failscape.envs.planted import draw_regions, plant

MILD = ["brightness=0.9,0.95,1,1.05,1.1,1.15", "contrast=0.85,0.9,0.95,1,1.05,1.1", "saturation=0.8,0.9,1,1.1,1.2,1.3"]
TARGET = "embedded:street-signs"


def main(argv: list[str] | None = None) -> int:
    arguments = parser(__doc__)
    truth.add_arguments(arguments)
    arguments.add_argument("--targets", type=int, default=60)
    arguments.add_argument("--budgets", type=int, nargs="+", default=[1000, 2000, 6250])
    arguments.add_argument("--explorers", nargs="+", default=["dqn", "random"])
    args = arguments.parse_args(argv)
    known = truth.load(args, target=TARGET, concepts=MILD, max_items=2000)
    rates = truth.table(known).failed.mean(axis=0)
    print(f"unplanted, {rates.mean():.2%} of all edits fail, {rates.max():.2%} at the worst point")
    rows, figures = gaps.measure(args)
    for explorer in args.explorers:
        for budget in args.budgets:
            scores = [score(known, explorer, budget, seed) for seed in range(args.targets)]
            figures[f"{explorer}_{budget}"] = summary = summarised(scores)
            print(f"{explorer}, {budget} queries: {summary}", flush=True)
        rows += [
            Row(f"{explorer}: discovery rate", summary["discovery_rate"][0], 0.9),
            Row(f"{explorer}: false discovery rate", summary["false_discovery_rate"][0], 0.1, at_most=True),
        ]
    return finish(args.json, rows, {**figures, "targets": args.targets, "budgets": args.budgets, "concepts": MILD})


def score(known: ConceptMDP, explorer: str, budget: int, seed: int) -> Score:
    """One oracle target, drawn, explored and scored."""
    rng = np.random.default_rng(seed)
    regions = draw_regions(known.space, rng, int(rng.integers(1, 4)))
    mdp = plant(known, regions, seed)
    modes = [mode for mode in explored_modes(mdp, explorer, budget, seed)[1] if mode.confirmed]
    planted = np.stack([region.holds(known.space.grid()) for region in regions])
    cells = np.stack([np.isin(np.arange(known.space.n_points), m.points) for m in modes]) if modes else planted[:0]
    return spotcheck(cells, planted, np.array([truly_failing(mdp, mode) for mode in modes], bool))


def truly_failing(mdp: ConceptMDP, mode: Mode) -> bool:
    """Whether the held-out items, all of them at all points of the mode, fail more than unedited."""
    held_out = np.flatnonzero(mdp.items.held_out)
    if mode.classes:
        held_out = held_out[np.isin(mdp.items.group[held_out], mode.classes)]
    points = mdp.space.point(mode.points)
    items = np.repeat(held_out, len(points))
    failed = mdp.evaluate(mdp.at(items, np.tile(points, (len(held_out), 1)))).failed
    unedited = mdp.baseline.failed[held_out]
    return bool(failed.mean() > unedited.mean())


def summarised(scores: list[Score]) -> dict[str, Any]:
    """Pooled rates, with 95 % intervals of a bootstrap over targets."""
    table = np.array(scores, float)
    rng = np.random.default_rng(0)
    draws = table[rng.integers(len(table), size=(2000, len(table)))].sum(axis=1)
    total = table.sum(axis=0)

    def rate(part: int, whole: int) -> list[float]:
        spread = draws[:, part] / np.maximum(draws[:, whole], 1)
        return [float(total[part] / max(total[whole], 1)), *(float(q) for q in np.quantile(spread, [0.025, 0.975]))]

    return {
        "discovery_rate": rate(1, 0),
        "false_discovery_rate": rate(3, 2),
        "n_regions": int(total[0]),
        "n_modes": int(total[2]),
    }


if __name__ == "__main__":
    sys.exit(main())
