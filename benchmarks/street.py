"""How fast the street world renders, and how well its checkpoint reads it.

``python -m benchmarks.street --json PATH``; speed is per second of one core, as the processor counts it.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from failscape.data.street import SIGNS, render, sample_factors, sample_trained
from failscape.targets.registry import load_target

TARGET = "embedded:street-signs"
WORLD = 2  # a seed that nothing was trained on
BATCH, ROUNDS = 500, 5
SCENES = 2000


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, help="where the figures go")
    arguments = parser.parse_args(argv)
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    rows = [
        _row("scenes per second", scenes_per_second(), 1000),
        _row("held-out accuracy outside gaps", accuracy(), 0.98),
    ]
    for row in rows:
        print(f"{row['name']}: {row['value']:.4g} (goal {row['goal']:g}, {'met' if row['met'] else 'missed'})")
    if arguments.json:
        arguments.json.write_text(json.dumps({"must_show": rows}, indent=2) + "\n", encoding="utf-8")


def scenes_per_second() -> float:
    """Of the whole world, weather and night among it, drawn and rendered; the median of ``ROUNDS`` batches."""
    render([sample_factors(WORLD, 0, sign=sign) for sign in SIGNS])  # paints the faces
    seconds = []
    for first in range(0, ROUNDS * BATCH, BATCH):
        start = time.process_time()
        render([sample_factors(WORLD, index) for index in range(first, first + BATCH)])
        seconds.append(time.process_time() - start)
    return BATCH / float(np.median(seconds))


def accuracy() -> float:
    scenes = [sample_trained(WORLD, index) for index in range(SCENES)]
    answers = load_target(TARGET, "cpu")(torch.from_numpy(render(scenes))).logits.argmax(dim=1).numpy()
    return float(np.mean(answers == [SIGNS.index(scene.sign) for scene in scenes]))


def _row(name: str, value: float, goal: float) -> dict[str, Any]:
    return {"name": name, "value": round(value, 4), "goal": goal, "met": value >= goal}


if __name__ == "__main__":
    main()
