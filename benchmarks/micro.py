"""How close does a walk come to the smallest edit that breaks an item, and what does it cost beside random walks?

The lattice of preset ``fsrl`` with the unedited levels among its own, on ResNet-20 (CIFAR-10) and the street signs. The
shortest path is that of the exhaustive scan. Queries are different points asked of an item: a point that a walk comes
back to costs nothing. Both searches give an item up after as many. Seeds 0 to 4.
"""

from __future__ import annotations

import sys

import numpy as np

from benchmarks import truth
from benchmarks.common import Row, finish, parser
from benchmarks.exploring import explore
from failscape.analysis.landscape.minimal_edits import smallest_edits
from failscape.analysis.statistics.bootstrap import ratio
from failscape.concepts.lattice import origin
from failscape.envs.gym_views import explorable
from failscape.envs.mdp import ConceptMDP

STREET = "embedded:street-signs"
RESTART = 50  # steps of a random walk


def main(argv: list[str] | None = None) -> int:
    arguments = parser(__doc__)
    truth.add_arguments(arguments)
    arguments.add_argument("--max-items", type=int, default=1000)
    args = arguments.parse_args(argv)
    rows, figures = [], {}
    for name, make in (("ResNet-20", {}), ("street signs", {"target": STREET})):
        mdp = truth.load(args, explore="micro", max_items=args.max_items, **make)
        found = measure(mdp, args.seeds)
        figures[name] = found
        rows += [
            Row(f"{name}: median of edit / shortest path", found["edit_over_shortest"], 1.1, at_most=True),
            Row(f"{name}: queries / those of random walks", found["queries_over_random"][0], 0.6, at_most=True),
        ]
    return finish(args.json, rows, {**figures, "seeds": args.seeds, "restart": RESTART})


def measure(mdp: ConceptMDP, seeds: int) -> dict[str, object]:
    """Best-first search and random walks beside the shortest paths, over the items that can be broken at all."""
    depths = np.abs(mdp.space.grid() - origin(mdp.space)).sum(axis=1)
    shortest = np.where(truth.table(mdp).failed, depths, np.inf).min(axis=1)
    items = explorable(mdp)
    items = items[np.isfinite(shortest[items])]
    ours = [best_first(mdp, seed, items) for seed in range(seeds)]
    cap = ours[0][2]
    random = [random_walks(mdp, seed, items, depths, cap) for seed in range(seeds)]
    edits, queries, walked, asked = (np.array([run[i] for run in runs]) for runs in (ours, random) for i in (0, 1))
    cost = ratio(queries.mean(axis=0), asked.mean(axis=0))
    print(f"{mdp.target.name}: {len(items)} items can be broken, shortest path {np.median(shortest[items]):g} levels")
    for name, levels, spent in (("best-first", edits, queries), ("random", walked, asked)):
        share, gap, exact = np.isfinite(levels).mean(), levels / shortest[items], (levels == shortest[items]).mean()
        print(
            f"  {name:<10} breaks {share:.1%}, median edit / shortest {np.median(gap):.3f}, exact {exact:.1%}, "
            f"{spent.mean():.1f} queries"
        )
    return {
        "n_items": len(items),
        "median_shortest": float(np.median(shortest[items])),
        "edit_over_shortest": float(np.median(edits / shortest[items])),
        "exact": float((edits == shortest[items]).mean()),
        "broken": float(np.isfinite(edits).mean()),
        "queries": float(queries.mean()),
        "random_edit_over_shortest": float(np.median(walked / shortest[items])),
        "random_broken": float(np.isfinite(walked).mean()),
        "random_queries": float(asked.mean()),
        "queries_over_random": list(cost),
        "cap": cap,
    }


def best_first(mdp: ConceptMDP, seed: int, items: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
    """Levels of the edit found (infinite where none), and queries, for each of ``items``; and the cap."""
    from failscape.agents.registry import load_hyperparameters

    probes, _ = explore(mdp, "best-first", mdp.space.n_points * len(mdp.items), seed)
    table = smallest_edits(probes, mdp.space).table.set_index("item")
    queries = probes.groupby("item").size()
    cap = load_hyperparameters("best-first", "failscape/Classifier-v0")["patience"]
    return table["levels"].reindex(items).fillna(np.inf).to_numpy(), queries.reindex(items).to_numpy(), cap


def random_walks(
    mdp: ConceptMDP, seed: int, items: np.ndarray, depths: np.ndarray, cap: int
) -> tuple[np.ndarray, np.ndarray]:
    """The same for walks of even chances, from the unedited item again after ``RESTART`` steps."""
    rng = np.random.default_rng(seed)
    found, queries = np.full(len(items), np.inf), np.zeros(len(items))
    for i, item in enumerate(items.tolist()):
        seen: set[int] = set()
        while np.isinf(found[i]) and len(seen) < cap:
            points = mdp.scheme.start(items[i : i + 1])
            for action in rng.integers(mdp.action_space.n, size=RESTART):
                points = mdp.scheme.move(points, np.zeros(1, np.int64), np.array([action]))
                row = int(mdp.space.index(points)[0])
                seen.add(row)
                if truth.table(mdp).failed[item, row]:
                    found[i] = depths[row]
                if truth.table(mdp).failed[item, row] or len(seen) >= cap:
                    break
        queries[i] = len(seen)
    return found, queries


if __name__ == "__main__":
    sys.exit(main())
