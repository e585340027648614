"""How well the embedded summarizer writes, how long a demo takes, and how much of its speed an environment leaves.

ROUGE-L x 100 is of reports that nothing was trained on (world 2), unedited and under each edit that was trained. The
demo is the whole command, from its start to its report. An environment step (edits, one generate, ROUGE, no memory) is
timed turn by turn beside the library used by hand on the same edited articles: tokenizer, ``generate``, decoding.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from benchmarks import written
from benchmarks.common import Row, finish, parser
from failscape.data.street.report_gaps import GAPS, TRAINED_EDITS
from failscape.envs.tasks.summarization import make_mdp
from failscape.rewards.text_metrics.metrics import rouge

WORLD = 2  # a seed that nothing was trained on
REPORTS = 500
BUDGET = 3000


def main(argv: list[str] | None = None) -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--num-envs", type=int, default=32)
    arguments.add_argument("--steps", type=int, default=60)
    args = arguments.parse_args(argv)
    quality = rouge_by_edit()
    outside = [quality["unedited"], *(quality[name] for name in TRAINED_EDITS)]
    seconds = demo()
    ratio, rate = written.step_ratio(make_mdp(data=f"reports:?n=512&seed={WORLD}"), args.num_envs, args.steps)
    print(f"demo {seconds:.0f} s, environment {rate:.0f} queries/s")
    rows = [
        Row("ROUGE-L of unedited held-out reports", quality["unedited"], 80),
        Row("ROUGE-L outside gaps, unedited and under trained edits, mean", float(np.mean(outside)), 80),
        Row("demo of 3,000 queries [s]", seconds, 300, at_most=True),
        written.row(ratio),
    ]
    figures = {"rouge_l": quality, "gaps": {name: list(edits) for name, edits in GAPS.items()}, "seed": 0}
    figures |= {"queries_per_s": rate, "num_envs": args.num_envs, "threads": torch.get_num_threads()}
    return finish(args.json, rows, figures)


def rouge_by_edit() -> dict[str, float]:
    """ROUGE-L x 100 of unedited reports, and under each edit of the grid, its strengths alike."""
    mdp = make_mdp(data=f"reports:?n={REPORTS}&seed={WORLD}", max_items=REPORTS, reward="score")
    found = {"unedited": 100 * float(rouge(mdp.baseline.output_text, mdp.items.batch.reference).mean())}
    rng = np.random.default_rng(0)
    for k, edit in enumerate(mdp.space.edits):  # type: ignore[attr-defined] - the preset is a grid of edits
        points = np.stack([np.full(REPORTS, k), rng.integers(mdp.space.shape[-1], size=REPORTS)], axis=1)
        found[edit.name] = 100 * float(mdp.evaluate(mdp.at(np.arange(REPORTS), points)).score.mean())
        print(f"{edit.name:<20} {found[edit.name]:5.1f}", flush=True)
    return found


def demo() -> float:
    """Seconds of the command that a newcomer types, from start to report."""
    command = [sys.executable, "train.py", "--env", "failscape/Summarizer-v0", "--budget", str(BUDGET)]
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        subprocess.run([*command, "--out", folder], check=True, cwd=Path(__file__).parent.parent)
        return time.perf_counter() - start


if __name__ == "__main__":
    sys.exit(main())
