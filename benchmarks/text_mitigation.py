"""Are a summarizer's failures mitigated, and at what price? The embedded summarizer, held-out reports.

For each seed the default explorer finds failure modes (3,000 queries) on the reports that are not held out; those in
the trained gaps (``failscape.data.street.report_gaps``) are fine-tuned on, in full and by LoRA. Both versions are then
shown every held-out report at every point of the grid (``benchmarks.mitigation``). ROUGE-L is of unedited held-out
reports.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from benchmarks import truth
from benchmarks.common import Row, finish, parser
from benchmarks.exploring import explored_modes
from benchmarks.mitigation import mitigated, text
from benchmarks.text_modes import ENV, TARGET
from failscape.analysis.modes.mode import Mode
from failscape.data.street.report_gaps import GAPS
from failscape.envs.mdp import ConceptMDP

BUDGET = 3000


def main(argv: list[str] | None = None) -> int:
    arguments = parser(__doc__)
    truth.add_arguments(arguments)
    arguments.set_defaults(seeds=2)
    arguments.add_argument("--method", nargs="+", default=["full", "lora"])
    args = arguments.parse_args(argv)
    known = truth.load(args, env=ENV, target=TARGET, max_items=1000)
    found = {method: [] for method in args.method}  # type: dict[str, list[dict[str, Any]]]
    for seed in range(args.seeds):
        chosen = in_gaps(known, explored_modes(known, "dqn", BUDGET, seed)[1])
        print(f"seed {seed}: {'; '.join(mode.name for mode in chosen)}", flush=True)
        for method in args.method:
            figure = mitigated(known, chosen, method, seed, None) | {"modes": [mode.name for mode in chosen]}
            found[method].append(figure)
            print(f"  {method}: {text(figure)}, ROUGE-L {figure['clean_score']}", flush=True)
    rows = [row for method in args.method for row in must_show(method, found[method])]
    return finish(args.json, rows, {**found, "seeds": args.seeds, "budget": BUDGET})


def in_gaps(known: ConceptMDP, modes: list[Mode]) -> list[Mode]:
    """The confirmed modes that lie in the trained gaps."""
    edits = [edit.name for edit in known.space.edits]  # type: ignore[attr-defined] - the preset is a grid of edits
    gaps = [edits.index(name) for names in GAPS.values() for name in names]
    return [mode for mode in modes if mode.confirmed and np.isin(known.space.point(mode.points)[:, 0], gaps).all()]


def must_show(method: str, found: list[dict[str, Any]]) -> list[Row]:
    targeted, score = (np.mean([figure[kind] for figure in found], axis=0) for kind in ("targeted", "clean_score"))
    return [
        Row(f"{method}: targeted failures gone, share", 1 - targeted[1] / targeted[0], 0.4),
        Row(f"{method}: loss of clean ROUGE-L [points]", 100 * (score[0] - score[1]), 1.0, at_most=True),
        Row(f"{method}: untouched points harmed", sum(len(figure["harmed"]) for figure in found), 0, at_most=True),
    ]


if __name__ == "__main__":
    sys.exit(main())
