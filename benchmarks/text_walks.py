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
from failscape.agents.registry import load_hyperparameters
from failscape.analysis.landscape.minimal_edits import smallest_edits
from failscape.analysis.statistics.bootstrap import ratio
from failscape.envs.gym_views import explorable
from failscape.envs.mdp import ConceptMDP
from failscape.envs.state import State
from failscape.envs.tasks.summarization import make_mdp

ENV = "failscape/Summarizer-v0"


def main(argv: list[str] | None = None) -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--seeds", type=int, default=5)
    arguments.add_argument("--max-items", type=int, default=150)
    args = arguments.parse_args(argv)
    mdp = make_mdp(explore="micro", max_items=args.max_items)
    items = explorable(mdp)
    cap = load_hyperparameters("best-first", ENV, scheme="micro")["patience"]
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
    first, small, walked = random_walks(mdp, items, edits, cap, np.random.default_rng(seed))
    print(f"seed {seed}: {queries.mean():.1f} queries, random {first.mean():.1f} and {small.mean():.1f}", flush=True)
    return [edits, queries, first, small, walked]


class Walker:
    """Random walks from one article, begun again and again; says when they have found enough."""

    def __init__(self, mdp: ConceptMDP, item: int, small: float, cap: int, rng: np.random.Generator) -> None:
        self.mdp, self.item, self.small, self.cap, self.rng = mdp, item, small, cap, rng
        self.known: dict[bytes, bool] = {}
        self.first, self.edits = cap, np.inf
        self.state = mdp.initial(np.array([item]))
        self.done = False

    def advance(self) -> State | None:
        """Walk on to a state that was not asked yet; None where the walks are over."""
        while not self.done:
            action = self.rng.integers(self.mdp.action_space.n, size=1)
            moved = self.mdp.transition(self.state, action)
            if (moved.points == self.state.points).all():  # the edit cannot be made once more
                self.state = self.mdp.initial(np.array([self.item]))
                continue
            self.state = moved
            failed = self.known.get(self.mdp.probes(moved).keys[0])
            if failed is None:
                return moved
            if failed:
                self.state = self.mdp.initial(np.array([self.item]))
        return None

    def tell(self, failed: bool) -> None:
        """Take in what the target did."""
        self.known[self.mdp.probes(self.state).keys[0]] = failed
        steps = float(self.state.steps[0])
        if failed and np.isinf(self.edits):
            self.first, self.edits = len(self.known), steps
        self.done = len(self.known) >= self.cap or (failed and steps <= self.small)
        if failed:
            self.state = self.mdp.initial(np.array([self.item]))


def random_walks(
    mdp: ConceptMDP, items: np.ndarray, small: np.ndarray, cap: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Queries to a first failure, and to one of ``small`` edits; edits of the first; ``(N,)`` each."""
    walkers = [Walker(mdp, item, n, cap, rng) for item, n in zip(items.tolist(), small, strict=True)]
    while True:
        states = [(walker, walker.advance()) for walker in walkers if not walker.done]
        asking = [(walker, state) for walker, state in states if state is not None]
        if not asking:
            break
        batch = State(*(np.concatenate(columns) for columns in zip(*(state for _, state in asking), strict=True)))
        for (walker, _), failed in zip(asking, mdp.evaluate(batch).failed, strict=True):
            walker.tell(bool(failed))
    columns = ([w.first for w in walkers], [len(w.known) for w in walkers], [w.edits for w in walkers])
    first, asked, edits = (np.array(column, float) for column in columns)
    return first, asked, edits


if __name__ == "__main__":
    sys.exit(main())
