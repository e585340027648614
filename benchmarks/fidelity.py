"""Does the landscape tell the truth? Rank correlation with the exhaustive scan of the same items.

ResNet-20 on CIFAR-10, preset ``fsrl``, seeds 0 to 4. The scan answers the probes of all runs: the target is
deterministic, so what it would say is known.
"""

from __future__ import annotations

import sys

import numpy as np

from benchmarks import truth
from benchmarks.common import Row, finish, parser
from benchmarks.exploring import explore, item_frame
from failscape.analysis.landscape.landscape import Landscape, rank_correlation
from failscape.envs.gym_views import explorable

CASES = (("random", 6250, 0.93), ("dqn", 6250, 0.85), ("dqn", 20000, 0.93))


def main(argv: list[str] | None = None) -> int:
    arguments = parser(__doc__)
    truth.add_arguments(arguments)
    args = arguments.parse_args(argv)
    mdp = truth.load(args)
    rates = truth.table(mdp).failed[explorable(mdp)].mean(axis=0)
    items = item_frame(mdp)
    rows, figures = [], {"target": mdp.target.name, "seeds": args.seeds, "n_items": len(explorable(mdp))}
    for explorer, budget, goal in CASES:
        found = []
        for seed in range(args.seeds):
            probes, _ = explore(mdp, explorer, budget, seed)
            landscape = Landscape.from_probes(probes, mdp.space, items=items)
            found.append(fidelity(landscape, rates))
            print(f"{explorer} {budget} seed {seed}: {found[-1]}")
        figures[f"{explorer}_{budget}"] = found
        rows.append(
            Row(
                f"{explorer}, {budget} probes: Spearman, mean of seeds",
                float(np.mean([f["smoothed"] for f in found])),
                goal,
            )
        )
        rows.append(Row(f"{explorer}, {budget} probes: Spearman, worst seed", min(f["smoothed"] for f in found), goal))
    return finish(args.json, rows, figures)


def fidelity(landscape: Landscape, rates: np.ndarray) -> dict[str, float]:
    """Rank correlations with the truth, and how far off the rates are."""
    table = landscape.table
    within = np.abs(table["smoothed"] - rates) <= 1.96 * table["deviation"]
    return {
        "smoothed": rank_correlation(table["smoothed"].to_numpy(), rates),
        "corrected": rank_correlation(table["rate"].to_numpy(), rates),
        "raw": rank_correlation(table["raw_rate"].to_numpy(), rates),
        "mean_error": float(np.abs(table["smoothed"] - rates).mean()),
        "inside_95": float(within.mean()),
    }


if __name__ == "__main__":
    sys.exit(main())
