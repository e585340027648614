"""What an exploration costs, against the size of the target and of the dataset.

Targets of random weights (what they answer does not matter to the clock) behind one environment of 32, preset ``fsrl``;
then the street signs with more and more scenes. Draws ``--picture``. Seed 0.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from benchmarks.common import finish, parser
from benchmarks.throughput import make_mdp
from failscape.data import load_images
from failscape.data.street.source import StreetSource
from failscape.envs.baseline import BaselineOutputs
from failscape.envs.gym_views import ConceptVectorEnv
from failscape.rewards.classification import margin
from failscape.targets.registry import load_target

TARGETS = ("squeezenet1_1", "mobilenet_v3_small", "mobilenet_v2", "resnet18", "resnet50", "alexnet", "vgg11")
BUDGET = 20_000
REPEATS = 3


def main(argv: list[str] | None = None) -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--num-envs", type=int, default=32)
    arguments.add_argument("--steps", type=int, default=8)
    arguments.add_argument("--items", type=int, nargs="+", default=[250, 500, 1000, 2000, 4000, 8000])
    arguments.add_argument("--device", default="auto")
    arguments.add_argument("--picture", type=Path, help="draw the figures here (.png)")
    args = arguments.parse_args(argv)
    targets = [of_target(name, args.num_envs, args.steps, args.device) for name in TARGETS]
    datasets = [of_dataset(n, args.num_envs, args.steps, args.device) for n in args.items]
    if args.picture:
        picture(targets, datasets).savefig(args.picture, dpi=130)
    return finish(args.json, [], {"targets": targets, "datasets": datasets, "budget": BUDGET, "seed": 0})


def of_target(name: str, num_envs: int, steps: int, device: str) -> dict[str, Any]:
    """Size, speed, and minutes for a budget."""
    target = load_target(f"torchvision:{name}?weights=none", device)
    size = sum(p.numel() for p in target.module.parameters()) / 1e6
    seconds = seconds_per_query(ConceptVectorEnv(make_mdp(target, 64, ["fsrl"]), num_envs), steps)
    row = {"target": name, "parameters_m": size, "queries_per_s": 1 / seconds, "minutes": seconds * BUDGET / 60}
    print(f"{name:<20} {size:7.1f} M parameters {1 / seconds:8.1f} queries/s {row['minutes']:7.1f} min per {BUDGET}")
    return row


def of_dataset(n: int, num_envs: int, steps: int, device: str) -> dict[str, Any]:
    """Seconds and memory before the first query, and the speed after it."""
    target = load_target("embedded:street-signs", device)
    reading, looking = [], []
    for _ in range(REPEATS):
        start = time.perf_counter()
        items = load_images(StreetSource(n=n, seed=0), target.prepare, device=target.device, max_items=n)
        loaded = time.perf_counter()
        BaselineOutputs.take(target, items, margin)
        reading.append(loaded - start)
        looking.append(time.perf_counter() - loaded)
    read, look = min(reading), min(looking)  # the rest is other work of the machine
    seconds = seconds_per_query(ConceptVectorEnv(make_mdp(target, n, ["fsrl"]), num_envs), steps * 8)
    megabytes = items.batch.inputs.numel() / 1e6
    print(
        f"{n:>6} items: {read:6.1f} s to read, {look:5.1f} s to look at, {megabytes:6.1f} MB, "
        f"then {1 / seconds:7.1f} queries/s"
    )
    return {
        "items": n,
        "read_s": read,
        "look_s": look,
        "megabytes": megabytes,
        "queries_per_s": 1 / seconds,
    }


def seconds_per_query(envs: ConceptVectorEnv, steps: int) -> float:
    """Median over steps of random actions."""
    rng = np.random.default_rng(0)
    envs.reset(seed=0)
    seconds = []
    for _ in range(steps + 2):
        start = time.perf_counter()
        envs.step(rng.integers(envs.mdp.space.n_points, size=envs.num_envs))
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds[2:])) / envs.num_envs


def picture(targets: list[dict[str, Any]], datasets: list[dict[str, Any]]) -> Figure:
    """Minutes against parameters, seconds against items."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.scatter([row["parameters_m"] for row in targets], [row["minutes"] for row in targets], color="#31688e")
    for row in targets:
        at = (row["parameters_m"], row["minutes"])
        left.annotate(row["target"], at, (5, 5), textcoords="offset points", fontsize=8)
    left.set(xscale="log", yscale="log", xlabel="parameters [million]", ylabel=f"minutes for {BUDGET:,} queries")
    left.set_title("target size (224 px images): layers cost time, not parameters", fontsize=10)
    n = [row["items"] for row in datasets]
    for key, label, marker in (("read_s", "reading", "o"), ("look_s", "first look of the target", "s")):
        right.plot(n, [row[key] for row in datasets], marker=marker, label=f"{label} [s]")
    right.plot(n, [1000 / row["queries_per_s"] for row in datasets], marker="^", label="then, 1,000 queries [s]")
    right.set(xscale="log", yscale="log", xlabel="items", ylabel="seconds")
    right.set_title("dataset size (64 px street signs)", fontsize=10)
    right.legend(fontsize=8)
    right.set_xticks(n, [f"{items:,}" for items in n])
    right.xaxis.set_minor_locator(NullLocator())
    for axis in (left.xaxis, left.yaxis, right.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_locator(NullLocator())
    left.margins(x=0.15)
    for axes in (left, right):
        axes.grid(alpha=0.3, which="both", linewidth=0.4)
    return figure


if __name__ == "__main__":
    sys.exit(main())
