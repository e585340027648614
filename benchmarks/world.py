"""Do the embedded encoders and judges of traffic scenes tell what they should, and nothing of what they must not?

The gates of ``zoo.gates``, each beside its null: the same measurement of the same architecture with random weights. In
addition how fast scenes are drawn, and how the errors of the two judges are correlated. Held-out scenes of fixed seeds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from transformers import AutoModelForImageClassification, CLIPModel, CLIPTokenizer, Dinov2Model

from benchmarks.common import Row, finish, parser
from failscape.data.street.traffic import FACTORS, render_traffic, sample_traffic
from failscape.targets.classifiers.factor_judge import FactorJudge
from failscape.targets.embedded import embedded_folder
from zoo import gates, street_clip, street_dino, street_judges
from zoo.gates import Gate
from zoo.probes import indices

PARTS = ("speed", "judges", "clip", "dino")
SPEED_SCENES = 1000


def main(argv: list[str] | None = None) -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--only", choices=PARTS, nargs="+", default=PARTS)
    args = arguments.parse_args(argv)
    torch.manual_seed(0)  # of the random weights
    rows: list[Row] = []
    figures: dict[str, Any] = {}
    for part in args.only:
        found, null = MEASURES[part](figures)
        figures[part] = {gate.name: {"value": gate.value, "null": null.get(gate.name)} for gate in found}
        for gate in found:
            print(f"{gate.name}: {gate.value:.3f}, untrained {null.get(gate.name, float('nan')):.3f}", flush=True)
        rows += [Row(f"{part}: {gate.name}", gate.value, gate.goal, gate.at_most) for gate in found]
    return finish(args.json, rows, figures)


Measured = tuple[list[Gate], dict[str, float]]  # the gates, and the null of each by its name


def speed(figures: dict[str, Any]) -> Measured:
    """Scenes drawn in a second of processor time by one thread, at 64 px."""
    cv2.setNumThreads(1)
    scenes = [sample_traffic(0, index) for index in range(SPEED_SCENES)]
    start = time.process_time()
    render_traffic(scenes)
    return [Gate("scenes per second", SPEED_SCENES / (time.process_time() - start), 500)], {}


def judges(figures: dict[str, Any]) -> Measured:
    """Every factor by both judges; adds how often they abstain and how their errors are correlated."""
    figures["verdicts"] = verdicts()
    found: list[Gate] = []
    null: dict[str, float] = {}
    for name, architecture in street_judges.ARCHITECTURES.items():
        trained = _loaded(AutoModelForImageClassification, embedded_folder(f"street-judge-{name}"))
        found += [gate._replace(name=f"{name}, {gate.name}") for gate in gates.judge_gates(trained)]
        untrained = gates.judge_gates(architecture().eval())
        null |= {f"{name}, {gate.name}": gate.value for gate in untrained}
    return found, null


def verdicts() -> dict[str, Any]:
    """By factor: shares of which each judge abstains and errs where it does not, and the correlation of errors."""
    scenes = gates.test_scenes()
    pictures = torch.from_numpy(render_traffic(scenes))
    said = {judge: FactorJudge(f"street-judge-{judge}", "cpu")(pictures) for judge in ("a", "b")}
    found: dict[str, Any] = {}
    for place, factor in enumerate(FACTORS):
        true = indices(scenes, factor.name)
        values = {judge: verdict.values[:, place][true >= 0] for judge, verdict in said.items()}
        true = true[true >= 0]
        wrong = {judge: (value != true) & (value >= 0) for judge, value in values.items()}
        found[factor.name] = {
            "abstains": {judge: float((value < 0).mean()) for judge, value in values.items()},
            "wrong": {judge: float(error.mean()) for judge, error in wrong.items()},
            "correlation": _correlation(wrong["a"], wrong["b"]),
        }
    return found


def clip(figures: dict[str, Any]) -> Measured:
    """What the CLIP tells and what it does not."""
    folder = embedded_folder("street-clip")
    tokenizer = CLIPTokenizer.from_pretrained(folder)
    trained, random = _loaded(CLIPModel, folder), street_clip.new_clip(tokenizer).eval()
    return gates.clip_gates(trained, tokenizer), _by_name(gates.clip_gates(random, tokenizer))


def dino(figures: dict[str, Any]) -> Measured:
    """What the encoder that sees everything tells."""
    trained = _loaded(Dinov2Model, embedded_folder("street-dino"))
    return gates.dino_gates(trained), _by_name(gates.dino_gates(street_dino.new_dino().eval()))


MEASURES: dict[str, Callable[[dict[str, Any]], Measured]] = {
    "speed": speed,
    "judges": judges,
    "clip": clip,
    "dino": dino,
}


def _loaded(model_class: Any, folder: Path) -> Any:
    return model_class.from_pretrained(folder, dtype=torch.float32, local_files_only=True).eval()


def _by_name(found: list[Gate]) -> dict[str, float]:
    return {gate.name: gate.value for gate in found}


def _correlation(one: np.ndarray, other: np.ndarray) -> float | None:
    """Pearson's correlation of two kinds of error; None where one never happens."""
    return float(np.corrcoef(one, other)[0, 1]) if one.any() and other.any() else None


if __name__ == "__main__":
    sys.exit(main())
