"""What an edit costs: each concept at batch 32 and 256, beside the forward pass of AlexNet on the same images.

Scenes of the street world at 224 × 224, each at its own level, drawn from the concept's default levels that change
something. Edits and forwards are timed turn by turn, and medians are compared.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from benchmarks.common import Row, finish, parser
from failscape.concepts import Concept
from failscape.concepts.images.registry import IMAGE_CONCEPTS
from failscape.data.street import render
from failscape.data.street.source import StreetSource
from failscape.targets.registry import load_target

SIDE = 224  # [px]
SCENES = 32  # different ones, repeated to fill a batch
BOUND = 0.5  # of a forward


def main(argv: list[str] | None = None) -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--target", default="torchvision:alexnet?weights=none")
    arguments.add_argument("--batches", type=int, nargs="+", default=[32, 256])
    arguments.add_argument("--turns", type=int, default=7)
    arguments.add_argument("--device", default="auto")
    args = arguments.parse_args(argv)
    target: Any = load_target(args.target, args.device)
    source = StreetSource(n=SCENES, seed=0, size=SIDE)
    scenes = torch.from_numpy(render([source.factors(item) for item in range(SCENES)], size=SIDE)).to(target.device)
    rows, table = [], []
    for n in args.batches:
        images = scenes.repeat(-(-n // SCENES), 1, 1, 1)[:n]
        work: dict[str, Callable[[], Any]] = {"forward": lambda images=images: target(images)}
        work |= {name: edit(kind(), images) for name, kind in IMAGE_CONCEPTS.items()}
        seconds = timed(work, args.turns, target.device)
        forward = seconds.pop("forward")
        print(f"batch {n}: forward {n / forward:,.0f} images/s")
        for name, spent in seconds.items():
            table.append({"concept": name, "batch": n, "images_per_s": n / spent, "of_forward": spent / forward})
            rows.append(Row(f"{name}, batch {n}: time / AlexNet's forward", spent / forward, BOUND, at_most=True))
            print(f"  {name:16} {n / spent:>9,.0f} images/s, {spent / forward:.2f} of a forward")
    figures = {"target": args.target, "device": str(target.device), "threads": torch.get_num_threads(), "seed": 0}
    return finish(args.json, rows, {**figures, "edits": table})


def edit(concept: Concept, images: torch.Tensor) -> Callable[[], Any]:
    """The concept over ``images``, with levels and seeds drawn once."""
    rng = np.random.default_rng(0)
    strengths = rng.choice(concept.levels[concept.levels != concept.identity], len(images))
    seeds = rng.integers(1 << 31, size=len(images))
    return lambda: concept.apply(images, strengths, seeds)


def timed(work: dict[str, Callable[[], Any]], turns: int, device: torch.device) -> dict[str, float]:
    """Median seconds of each piece of work over ``turns`` turns, after one that warms up."""
    seconds: dict[str, list[float]] = {name: [] for name in work}
    for turn in range(turns + 1):
        for name, do in work.items():
            start = time.perf_counter()
            do()
            if device.type == "cuda":
                torch.cuda.synchronize()
            if turn:
                seconds[name].append(time.perf_counter() - start)
    return {name: float(np.median(spent)) for name, spent in seconds.items()}


if __name__ == "__main__":
    sys.exit(main())
