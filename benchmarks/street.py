"""How fast the street world renders, and how well its checkpoint reads it.

Speed is per second of one core, as the processor counts it.
"""

from __future__ import annotations

import sys
import time

import cv2
import numpy as np
import torch

from benchmarks.common import Row, finish, parser
from failscape.data.street import SIGNS, render, sample_factors, sample_trained
from failscape.targets.registry import load_target

TARGET = "embedded:street-signs"
WORLD = 2  # a seed that nothing was trained on
BATCH, ROUNDS = 500, 5
SCENES = 2000


def main(argv: list[str] | None = None) -> int:
    args = parser(__doc__).parse_args(argv)
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    rows = [
        Row("scenes per second", scenes_per_second(), 1000),
        Row("held-out accuracy outside gaps", accuracy(), 0.98),
    ]
    return finish(args.json, rows, {"world": WORLD, "scenes": SCENES, "rounds": ROUNDS})


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
    """Share of ``SCENES`` scenes from outside the gaps that the checkpoint names rightly."""
    scenes = [sample_trained(WORLD, index) for index in range(SCENES)]
    answers = load_target(TARGET, "cpu")(torch.from_numpy(render(scenes))).logits.argmax(dim=1).numpy()
    return float(np.mean(answers == [SIGNS.index(scene.sign) for scene in scenes]))


if __name__ == "__main__":
    sys.exit(main())
