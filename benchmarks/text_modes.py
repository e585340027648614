"""Are the failures of a summarizer found, and mapped rightly? Planted regions, trained gaps, the whole landscape.

The embedded summarizer, its outcomes known from an exhaustive scan. *Planted*: mild edits that it was trained on, with
answers flipped inside one to three drawn regions (an edit at some of its strengths); target ``i`` is drawn and
explored with seed ``i``, and modes must be confirmed on held-out articles to count (``benchmarks.planted``). *Gaps*: a
gap is found where a confirmed mode lies in its edits and fails more than unedited by the scan. *Landscape*: rank
correlation with the scan over the points above the clean rate, divided by that of two random halves of the scan's own
articles (the stricter ratio, with Spearman and Brown's correction for the halves' length, stands in the file), and the
worst ten points, at a tenth of the scan's queries.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from benchmarks import truth
from benchmarks.common import Row, finish, parser
from benchmarks.exploring import explored_modes
from benchmarks.planted import score, summarised, truly_failing
from failscape.analysis.landscape.landscape import Landscape, rank_correlation
from failscape.data.street.report_gaps import GAPS
from failscape.envs.gym_views import explorable
from failscape.envs.mdp import ConceptMDP

ENV = "failscape/Summarizer-v0"
TARGET = "embedded:street-reports"
MILD = {
    "edits": {
        "insert-characters": [0.005, 0.01, 0.015, 0.02],
        "misspellings": [0.02, 0.05, 0.08, 0.1],
        "noise-lines": [0.1, 0.2, 0.3, 0.4],
        "remove-punctuation": [0.1, 0.2, 0.3, 0.4],
        "repeat-words": [0.02, 0.04, 0.06, 0.08],
        "shuffle-sentences": [0.1, 0.2, 0.3, 0.4],
        "singular-plural": [0.05, 0.1, 0.15, 0.2],
        "verb-tense": [0.1, 0.2, 0.3, 0.4],
    }
}
TOP = 10
HALVES = 50  # random splits of the scan's articles


def main(argv: list[str] | None = None) -> int:
    arguments = parser(__doc__)
    truth.add_arguments(arguments)
    arguments.add_argument("--targets", type=int, default=60)
    arguments.add_argument("--budget", type=int, default=3000)
    args = arguments.parse_args(argv)
    mild = {"edits": list(MILD["edits"]), "levels": MILD["edits"]}
    planted = truth.load(args, env=ENV, target=TARGET, concepts=mild, max_items=1000)
    print(f"unplanted, {truth.table(planted).failed.mean():.2%} of mild edits fail", flush=True)
    summary = summarised([score(planted, "dqn", args.budget, seed) for seed in range(args.targets)])
    print(f"planted: {summary}", flush=True)
    known = truth.load(args, env=ENV, target=TARGET, max_items=1000)
    found = [measure(known, seed) for seed in range(args.seeds)]
    agreement, top = (float(np.mean([f[key] for f in found])) for key in ("agreement", "top"))
    rows = [
        Row("oracle targets: discovery rate", summary["discovery_rate"][0], 0.9),
        Row("oracle targets: false discovery rate", summary["false_discovery_rate"][0], 0.1, at_most=True),
        *(Row(f"gap {gap}: found in so many seeds", sum(f["gaps"][gap] for f in found), args.seeds) for gap in GAPS),
        Row("landscape: rank correlation / split-half correlation", agreement, 0.93),
        Row("landscape: worst ten points recalled", top, 0.8),
    ]
    figures = {"planted": summary, "runs": found, "targets": args.targets, "budget": args.budget, "seeds": args.seeds}
    return finish(args.json, rows, figures)


def measure(known: ConceptMDP, seed: int) -> dict[str, Any]:
    """One exploration at a tenth of the scan's queries, beside the scan."""
    items = explorable(known)
    budget = len(items) * known.space.n_points // 10
    landscape, modes = explored_modes(known, "dqn", budget, seed)
    confirmed = [mode for mode in modes if mode.confirmed]
    edits = [edit.name for edit in known.space.edits]  # type: ignore[attr-defined] - the preset is a grid of edits
    told = {edits[k] for mode in confirmed if truly_failing(known, mode) for k in known.space.point(mode.points)[:, 0]}
    figure = {
        "budget": budget,
        "gaps": {gap: bool(told & set(names)) for gap, names in GAPS.items()},
        "modes": [mode.name for mode in confirmed],
        **agreement(landscape, known, items),
    }
    print(f"seed {seed}: {figure}", flush=True)
    return figure


def agreement(landscape: Landscape, known: ConceptMDP, items: np.ndarray) -> dict[str, float]:
    """How a landscape agrees with the scan, and how the scan agrees with itself."""
    failed = truth.table(known).failed[items]
    return agreement_of(landscape.table["smoothed"].to_numpy(), failed, float(known.baseline.failed[items].mean()))


def agreement_of(found: np.ndarray, failed: np.ndarray, clean: float) -> dict[str, float]:
    """The same of rates ``(P,)`` and what the scan saw ``(N, P)``, over the points above the clean rate."""
    rates = failed.mean(axis=0)
    above = rates > clean
    spearman = rank_correlation(found[above], rates[above])
    rng = np.random.default_rng(0)
    halves = []
    for _ in range(HALVES):
        order = rng.permutation(len(failed))
        one, other = (failed[half].mean(axis=0)[above] for half in np.array_split(order, 2))
        halves.append(rank_correlation(one, other))
    half = float(np.mean(halves))
    own = 2 * half / (1 + half)  # Spearman and Brown: of all articles instead of half of them
    worst = set(np.argsort(-rates, kind="stable")[:TOP].tolist())
    recalled = len(worst & set(np.argsort(-found, kind="stable")[:TOP].tolist())) / TOP
    return {
        "spearman": spearman,
        "split_half": half,
        "agreement": spearman / half,
        "agreement_corrected": spearman / own,
        "top": recalled,
    }


if __name__ == "__main__":
    sys.exit(main())
