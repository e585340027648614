"""Do the embedded encoders and judges of traffic scenes tell what they should, and nothing of what they must not?

The gates of ``zoo.gates``, each beside its null: the same measurement of the same architecture with random weights. In
addition how fast scenes are drawn, and how the errors of the two judges are correlated. Held-out scenes of fixed seeds.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import cv2
import numpy as np
import torch

from benchmarks.common import Row, finish, parser
from failscape.data.street.traffic import FACTORS, render_traffic, sample_traffic
from failscape.targets.classifiers.factor_judge import FactorJudge
from zoo.gates import test_scenes
from zoo.probes import indices
from zoo.world_checkpoints import CHECKPOINTS, folder_of, trained

SPEED, JUDGES = "speed", ("street-judge-a", "street-judge-b")
SPEED_SCENES = 1000


def main(argv: list[str] | None = None) -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--only", choices=(SPEED, *CHECKPOINTS), nargs="+", default=(SPEED, *CHECKPOINTS))
    args = arguments.parse_args(argv)
    torch.manual_seed(0)  # of the random weights
    rows: list[Row] = []
    figures: dict[str, Any] = {}
    if SPEED in args.only:
        rows.append(Row("scenes drawn per second of processor time", scenes_per_second(), 500))
    for name in [name for name in CHECKPOINTS if name in args.only]:
        if name not in trained():
            print(f"{name} has not been trained yet")
            continue
        folder = folder_of(name)
        untrained = {gate.name: gate.value for gate in CHECKPOINTS[name].untrained(folder)}
        for gate in CHECKPOINTS[name].trained(folder):
            print(f"{name}, {gate.name}: {gate.value:.3f}, untrained {untrained[gate.name]:.3f}", flush=True)
            rows.append(Row(f"{name}: {gate.name}", gate.value, gate.goal, gate.at_most))
            figures.setdefault(name, {})[gate.name] = {"value": gate.value, "untrained": untrained[gate.name]}
    if set(JUDGES) <= {*args.only} & {*trained()}:
        figures["verdicts"] = verdicts()
        print(f"verdicts: {figures['verdicts']}")
    return finish(args.json, rows, figures)


def scenes_per_second() -> float:
    """Scenes of 64 px by one thread."""
    cv2.setNumThreads(1)
    scenes = [sample_traffic(0, index) for index in range(SPEED_SCENES)]
    start = time.process_time()
    render_traffic(scenes)
    return SPEED_SCENES / (time.process_time() - start)


def verdicts() -> dict[str, Any]:
    """By factor: shares of which each judge abstains and errs where it does not, and the correlation of errors."""
    scenes = test_scenes()
    pictures = torch.from_numpy(render_traffic(scenes))
    said = {judge: FactorJudge(judge, "cpu")(pictures) for judge in JUDGES}
    found: dict[str, Any] = {}
    for place, factor in enumerate(FACTORS):
        true = indices(scenes, factor.name)
        values = {judge: verdict.values[:, place][true >= 0] for judge, verdict in said.items()}
        true = true[true >= 0]
        wrong = {judge: (value != true) & (value >= 0) for judge, value in values.items()}
        found[factor.name] = {
            "abstains": {judge: float((value < 0).mean()) for judge, value in values.items()},
            "wrong": {judge: float(error.mean()) for judge, error in wrong.items()},
            "correlation": _correlation(*wrong.values()),
        }
    return found


def _correlation(one: np.ndarray, other: np.ndarray) -> float | None:
    """Pearson's correlation of two kinds of error; None where one never happens."""
    return float(np.corrcoef(one, other)[0, 1]) if one.any() and other.any() else None


if __name__ == "__main__":
    sys.exit(main())
