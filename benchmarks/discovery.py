"""Which explorer finds failures? Every one at three budgets, on ResNet-20 and the street signs, five seeds each.

An explorer is judged by what it would try on held-out items once its budget is spent: a learner's greedy choice for
each item, else the highest point of the smoothed landscape. Two choices are compared on the same items, averaged over
seeds, by a paired bootstrap over items. Beside that the tables have the share of probes that failed on the way, and
the rank correlation of the landscape with the exhaustive scan.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import truth
from benchmarks.common import Row, finish, parser
from benchmarks.exploring import explore, item_frame
from failscape.agents.registry import EXPLORERS, default_explorer
from failscape.analysis.landscape.landscape import Landscape, rank_correlation
from failscape.analysis.statistics.bootstrap import difference, ratio
from failscape.envs.actions.parsing import SCHEMES
from failscape.envs.gym_views import explorable
from failscape.envs.mdp import ConceptMDP

MARGIN = 0.02
RIVALS = ("ucb1", "thompson")
MACRO = tuple(name for name, entry in EXPLORERS.items() if entry.plays(SCHEMES["macro"]) and name != "scan")
# Many held-out items, so that a margin of two points can be told from chance: half of the pictures that there are, and
# as many scenes as need be.
TARGETS: dict[str, dict[str, Any]] = {
    "cifar": {"held_out": 0.5},
    "street": {"target": "embedded:street-signs", "max_items": 6000, "held_out": 0.33},
}


def main(argv: list[str] | None = None) -> int:
    arguments = parser(__doc__)
    truth.add_arguments(arguments)
    arguments.add_argument("--budgets", type=int, nargs="+", default=[2000, 6250, 20000])
    arguments.add_argument("--explorers", nargs="+", default=list(MACRO), choices=MACRO)
    arguments.add_argument("--only", choices=list(TARGETS), help="one of the two targets")
    args = arguments.parse_args(argv)
    rows: list[Row] = []
    figures: dict[str, Any] = {"seeds": args.seeds, "margin": MARGIN, "default": default_explorer("macro")}
    for name, make in TARGETS.items():
        if args.only in (None, name):
            mdp = truth.load(args, **make)
            figures[name] = {str(budget): at_budget(mdp, budget, args) for budget in args.budgets}
            rows += [row for budget in args.budgets for row in must_show(name, budget, figures[name][str(budget)])]
    return finish(args.json, rows, figures)


def at_budget(mdp: ConceptMDP, budget: int, args: argparse.Namespace) -> dict[str, Any]:
    """Figures of every explorer at one budget, printed as a table."""
    held_out = np.flatnonzero(mdp.items.held_out)
    played = {name: play(mdp, name, budget, args.seeds, held_out) for name in args.explorers}
    rates = truth.table(mdp).failed[held_out]
    best = int(truth.table(mdp).failed[explorable(mdp)].mean(axis=0).argmax())
    references = {"best single point": rates[:, best], "uniform": rates.mean(axis=1)}
    table = {name: versus(choice, {**chosen(played), **references}) for name, choice in chosen(played).items()}
    for name, figure in table.items():
        figure |= {key: value for key, value in played[name].items() if key != "failed"}
    print(f"\n{mdp.target.name}, {budget:,} queries, {len(held_out)} held-out items, {args.seeds} seeds")
    print(f"best single point {references['best single point'].mean():.3f}, uniform {references['uniform'].mean():.3f}")
    columns = ["rate", *(f"minus {rival}" for rival in RIVALS if rival in table), "search_rate", "fidelity"]
    shown = pd.DataFrame(table).T[columns].sort_values("rate", ascending=False)
    print(shown.map(in_words).to_string(), flush=True)
    return {**table, "best single point": float(references["best single point"].mean()), "n_held_out": len(held_out)}


def play(mdp: ConceptMDP, name: str, budget: int, seeds: int, held_out: np.ndarray) -> dict[str, Any]:
    """One explorer over all seeds: failures of its choice per held-out item and seed, and what the search was like."""
    items, truth_rates = item_frame(mdp), truth.table(mdp).failed[explorable(mdp)].mean(axis=0)
    failed, searched, fidelity = [], [], []
    for seed in range(seeds):
        probes, learner = explore(mdp, name, budget, seed)
        smoothed = Landscape.from_probes(probes, mdp.space, items=items).table["smoothed"].to_numpy()
        points = learner.best(mdp, held_out) if learner else np.full(len(held_out), smoothed.argmax())
        failed.append(truth.table(mdp).failed[held_out, points])
        searched.append(float(probes["failed"].mean()))
        fidelity.append(rank_correlation(smoothed, truth_rates))
    return {
        "failed": np.stack(failed),
        "per_seed": np.mean(failed, axis=1).tolist(),
        "search_rate": float(np.mean(searched)),
        "fidelity": float(np.mean(fidelity)),
    }


def chosen(played: dict[str, dict[str, Any]]) -> dict[str, np.ndarray]:
    """Failure rate of each explorer's choice per held-out item, over seeds: ``(N,)`` each."""
    return {name: found["failed"].mean(axis=0) for name, found in played.items()}


def versus(choice: np.ndarray, others: dict[str, np.ndarray]) -> dict[str, Any]:
    """A choice beside others: mean and 95 % interval of the paired differences; its lift over uniform points."""
    compared = {f"minus {name}": list(difference(choice, other)) for name, other in others.items()}
    return {"rate": float(choice.mean()), **compared, "lift": list(ratio(choice, others["uniform"]))}


def must_show(target: str, budget: int, table: dict[str, Any]) -> list[Row]:
    """The default explorer is not inferior to either bandit."""
    default = default_explorer("macro")
    return [
        Row(
            f"{target}, {budget} queries: {default} minus {rival}, lower end",
            table[default][f"minus {rival}"][1],
            -MARGIN,
        )
        for rival in RIVALS
        if default in table and rival in table
    ]


def in_words(value: Any) -> str:
    """A rate, or a difference with its interval; a star where the interval excludes 0."""
    if isinstance(value, list):
        mean, low, high = value
        return f"{mean:+.3f} ({low:+.3f} to {high:+.3f}){'*' if low > 0 or high < 0 else ' '}"
    return f"{value:.3f}"


if __name__ == "__main__":
    sys.exit(main())
