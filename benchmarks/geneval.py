"""GenEval's rules: equal to the rules by hand, and how far people agree who judge by them.

- **By hand**: detections that are made to lie about every threshold, over all six tasks, are judged by
  ``rewards/geneval.py`` and by the same rules written a second time, object by object in exact fractions. The null is a
  rule with one threshold moved: each must change some verdicts, else the cases would not have noticed.
- **People**: five people said what they saw in pictures of Stable Diffusion 2.1 (``sdv2``) and in pictures that CLIP
  retrieved (``clip``), 400 of each, four for each of 100 prompts. GenEval's rules judge each person's answer, and one
  person's verdict is compared with the majority of the other four: no instrument can be shown to be better than that.
  The null is the majority of a picture of the same task drawn at random.

A person may name several colours; the right one must be among them (``contains``). The stricter rule that it is the
only one (``only``) stands beside it.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import Row, finish, parser
from benchmarks.geneval_people import CONTAINS, ONLY, agreements, excess_interval, overall, read_people, verdicts_of
from failscape.data.prompts.geneval import TASKS, GenevalRule, by_prompt, read_geneval
from failscape.rewards.geneval import PAPER, GenevalSettings, verdicts
from tests.support.geneval_by_hand import correct_by_hand
from tests.support.geneval_cases import Case, draw_cases

N_CASES, SEED = 1200, 0
SYSTEMS = ("sdv2", "clip")
JUDGED = "pictures that five people judged, with their rules"
MOVED = {
    "confidences at the threshold count": GenevalSettings(confidence=math.nextafter(0.3, 0)),
    "the same of counting": GenevalSettings(counting=math.nextafter(0.9, 0)),
    "counting from .3": GenevalSettings(counting=0.3),
    "any number of a class": GenevalSettings(at_most=1000),
    "no margin": GenevalSettings(margin=0.0),
    "half of the offset is enough": GenevalSettings(towards=math.nextafter(0.5, 0)),
    "the paper's position rule": GenevalSettings(position=PAPER),
}


def main(argv: list[str] | None = None) -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--real", type=Path, default=Path("../shared/real"), help="folder of real data")
    args = arguments.parse_args(argv)
    rows, figures = by_hand()
    answers = args.real / "answers"
    if not answers.is_dir():
        print(f"there is no folder {answers}: the people's answers are not judged; --real names another place")
        rows += [Row(f"{system}: {JUDGED}", 0, 400) for system in SYSTEMS]
        return finish(args.json, rows, figures)
    rules = by_prompt(read_geneval(answers / "geneval_metadata.jsonl"))
    for system in SYSTEMS:
        more, figures[system] = people(answers / f"geneval_people_{system}.csv", rules, system)
        rows += more
    return finish(args.json, rows, figures)


def by_hand() -> tuple[list[Row], dict[str, Any]]:
    """Constructed detections, judged twice."""
    cases = draw_cases(N_CASES, SEED)
    rules = rules_of(cases)
    right = np.array([correct_by_hand(case.record, case.seen) for case in cases])
    same = float((judged(rules, cases, GenevalSettings()) == right).mean())
    moved = {name: int((judged(rules, cases, settings) != right).sum()) for name, settings in MOVED.items()}
    tasks = np.array([rule.task for rule in rules])
    correct = {task: float(right[tasks == task].mean()) for task in TASKS}
    print(f"by hand: correct {correct}\nby hand: verdicts that a moved threshold changes {moved}", flush=True)
    rarer = min(min(share, 1 - share) for share in correct.values())
    rows = [
        Row("constructed detections", len(cases), 200),
        Row("constructed detections: verdicts equal to those by hand", same, 1.0),
        Row("constructed detections: share of the rarer verdict, least of six tasks", rarer, 0.1),
        Row("constructed detections: verdicts that a moved threshold changes, fewest", min(moved.values()), 1),
    ]
    return rows, {"by hand": {"n": len(cases), "correct": correct, "moved": moved}}


def rules_of(cases: list[Case]) -> list[GenevalRule]:
    """The rules as they are read from a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "metadata.jsonl"
        path.write_text("\n".join(json.dumps(case.record) for case in cases), encoding="utf-8")
        return read_geneval(path)


def judged(rules: list[GenevalRule], cases: list[Case], settings: GenevalSettings) -> np.ndarray:
    """Whether each case is correct: (N,) bool."""
    found = verdicts(rules, [case.detections() for case in cases], [case.colours() for case in cases], settings)
    return np.array([one.correct for one in found])


def people(path: Path, rules: dict[str, GenevalRule], system: str) -> tuple[list[Row], dict[str, Any]]:
    """Agreement of the people on one system's pictures."""
    pictures = read_people(path, rules)
    figures: dict[str, Any] = {"pictures": len(pictures)}
    for colours in (CONTAINS, ONLY):
        by_task = agreements(pictures, verdicts_of(pictures, colours))
        for task, found in by_task.items():
            low, high = found.interval
            print(
                f"{system}, {colours}, {task}: agreement {found.rate:.3f} ({low:.3f} to {high:.3f}), by chance "
                f"{found.chance:.3f}, ties {found.ties:.3f}, correct {found.correct:.3f} of {found.n_pictures}"
            )
        means = {field: overall(by_task, field) for field in ("rate", "chance", "ties", "correct")}
        print(f"{system}, {colours}, mean of the tasks: {means}", flush=True)
        figures[colours] = {"overall": means, **{task: found._asdict() for task, found in by_task.items()}}
    low, high = excess_interval(pictures, verdicts_of(pictures))
    figures["more than by chance"] = (low, high)
    return [
        Row(f"{system}: {JUDGED}", len(pictures), 400),
        Row(f"{system}: agreement less that by chance, lower end of 95 %", low, 0.0),
    ], figures


if __name__ == "__main__":
    sys.exit(main())
