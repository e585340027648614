"""How few edits break a summary, and what does it cost to find them beside random walks?

The embedded summarizer, words dropped and misspelt one at a time. Both searches begin unedited and give an article up
after as many queries (different histories of edits). Random walks make edits of even chances and begin again when an
edit cannot be made once more. Their queries are counted twice: up to their first failure, and up to one of no more
edits than best-first found for that article. Seeds 0 to 4.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from benchmarks.common import Row, finish, parser
from benchmarks.exploring import explore
from failscape.agents.explorers import load_hyperparameters
from failscape.analysis.bootstrap import ratio
from failscape.analysis.smallest import smallest_edits
from failscape.envs.mdp import ConceptMDP, State
from failscape.envs.summarizer import make_mdp
from failscape.envs.views import explorable

ENV = "failscape/Summarizer-v0"


def main(argv: list[str] | None = None) -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--seeds", type=int, default=5)
    arguments.add_argument("--max-items", type=int, default=150)
    args = arguments.parse_args(argv)
    mdp = make_mdp(explore="micro", max_items=args.max_items)
    items = explorable(mdp)
    cap = load_hyperparameters("best-first", ENV, moves="micro")["patience"]
    runs = [measure(mdp, items, cap, seed) for seed in range(args.seeds)]
    edits, ours, first, small, walked = (np.mean([run[i] for run in runs], axis=0) for i in range(5))
    broken = np.isfinite(edits)
    cost, plain = ratio(ours[broken], small[broken]), ratio(ours[broken], first[broken])
    figures: dict[str, Any] = {
        "n_items": len(items),
        "broken": float(broken.mean()),
        "median_edits": float(np.median(edits[broken])),
        "queries": float(ours[broken].mean()),
        "random_queries_to_as_small": float(small[broken].mean()),
        "random_queries_to_first": float(first[broken].mean()),
        "random_edits": float(np.median(walked[np.isfinite(walked)])),
        "queries_over_random": list(cost),
        "queries_over_random_first": list(plain),
        "cap": cap,
        "seeds": args.seeds,
    }
    print(figures)
    row = Row("smallest failing edits: queries / those of random walks to as small ones", cost[0], 0.7, at_most=True)
    return finish(args.json, [row], figures)


def measure(mdp: ConceptMDP, items: np.ndarray, cap: int, seed: int) -> list[np.ndarray]:
    """Edits and queries of best-first; queries of random walks to a first and to as small a failure, and its edits."""
    probes, _ = explore(mdp, "best-first", 10**9, seed)
    found = smallest_edits(probes, mdp.space).table.set_index("item")["levels"].reindex(items)
    edits = found.fillna(np.inf).to_numpy(float)
    queries = probes.groupby("item").size().reindex(items).to_numpy(float)
    walks = [random_walks(mdp, item, n, cap, seed) for item, n in zip(items.tolist(), edits, strict=True)]
    first, small, walked = (np.array(column, float) for column in zip(*walks, strict=True))
    print(f"seed {seed}: {queries.mean():.1f} queries, random {first.mean():.1f} and {small.mean():.1f}", flush=True)
    return [edits, queries, first, small, walked]


def random_walks(mdp: ConceptMDP, item: int, small: float, cap: int, seed: int) -> tuple[int, int, float]:
    """Queries to a first failure and to one of ``small`` edits, at most ``cap``, and the edits of the first."""
    rng = np.random.default_rng((seed, item))
    known: dict[bytes, bool] = {}
    first, edits = cap, np.inf
    while len(known) < cap:
        state, failed = mdp.initial(np.array([item])), False
        while not failed and len(known) < cap:
            action = rng.integers(mdp.action_space.n, size=1)
            if mdp.moves.move(mdp.space, state.points, state.steps, action).tolist() == state.points.tolist():
                break
            state = mdp.transition(state, action)
            failed = ask(mdp, state, known)
        if failed and np.isinf(edits):
            first, edits = len(known), float(state.steps[0])
        if failed and state.steps[0] <= small:
            break
    return first, len(known), edits


def ask(mdp: ConceptMDP, state: State, known: dict[bytes, bool]) -> bool:
    """Whether the target fails there; what was asked before costs nothing."""
    key = mdp.keys(state).tobytes()
    if key not in known:
        known[key] = bool(mdp.evaluate(state).failed[0])
    return known[key]


if __name__ == "__main__":
    sys.exit(main())
