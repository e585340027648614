"""Does the agent find failures? Its greedy choices on held-out items beside the best single point and random edits.

ResNet-20 on CIFAR-10, preset ``fsrl``, seeds 0 to 4, 20 000 queries each. The best single point is that of the
exhaustive scan of the items explored: what a perfect bandit would settle on, at ten times the queries.
"""

from __future__ import annotations

import sys

import numpy as np

from benchmarks import truth
from benchmarks.common import Row, finish, parser
from benchmarks.exploring import explore
from failscape.agents.evaluation import greedy_points
from failscape.analysis.bootstrap import difference, ratio
from failscape.envs.views import explorable

MARGIN = 0.02


def main(argv: list[str] | None = None) -> int:
    arguments = parser(__doc__)
    truth.add_arguments(arguments)
    arguments.add_argument("--budget", type=int, default=20000)
    args = arguments.parse_args(argv)
    mdp = truth.load(args)
    failed = mdp.table.failed
    held_out = np.flatnonzero(mdp.items.held_out)
    best = int(failed[explorable(mdp)].mean(axis=0).argmax())
    greedy = []
    for seed in range(args.seeds):
        _, agent = explore(mdp, "dqn", args.budget, seed)
        points = greedy_points(agent, mdp, held_out)
        greedy.append(failed[held_out, points])
        print(f"seed {seed}: greedy {greedy[-1].mean():.4f} on {len(held_out)} items, {len(set(points))} points used")
    ours = np.mean(greedy, axis=0)  # per item, over seeds
    bandit, random = failed[held_out, best], failed[held_out].mean(axis=1)
    gap, gap_low, gap_high = difference(ours, bandit)
    lift, lift_low, lift_high = ratio(ours, random)
    print(f"greedy {ours.mean():.4f}, best single point {bandit.mean():.4f}, random {random.mean():.4f}")
    print(
        f"difference {gap:+.4f} ({gap_low:+.4f} to {gap_high:+.4f}); "
        f"lift {lift:.3f} ({lift_low:.3f} to {lift_high:.3f})"
    )
    rows = [
        Row("greedy minus best single point, lower end of the paired bootstrap", gap_low, -MARGIN),
        Row("lift over random, lower end of its interval", lift_low, 1.0),
    ]
    figures = {
        "target": mdp.target.name,
        "budget": args.budget,
        "seeds": args.seeds,
        "n_held_out": len(held_out),
        "greedy_rate": float(ours.mean()),
        "greedy_rate_per_seed": [float(g.mean()) for g in greedy],
        "best_point": mdp.space.label(mdp.space.grid()[best]),
        "best_point_rate": float(bandit.mean()),
        "random_rate": float(random.mean()),
        "difference": [gap, gap_low, gap_high],
        "lift": [lift, lift_low, lift_high],
        "any_point_rate": float(failed[held_out].any(axis=1).mean()),
    }
    return finish(args.json, rows, figures)


if __name__ == "__main__":
    sys.exit(main())
