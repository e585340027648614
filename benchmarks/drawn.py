"""Are the wrong prompts of a text-to-image model found, and mapped rightly? And what does the environment cost?

*Speed*: pictures per second of environment steps beside the bare batched call of the pipeline, turn by turn, and the
peak of memory. *Planted in the model*: the embedded pipeline, every prompt at every point of the grid drawn once and
kept; each seed explores a fifth of that by ``dqn``, which also chooses prompts. A confusion is found where a confirmed
mode lies in its cells to 80 % and holds 80 % of them. *Landscape*: rank correlation with the scan over the cells above
the clean rate, divided by that of two random halves of the scan, and the worst ten cells. *Oracle targets*: scenes
drawn by the renderer, which makes no mistakes, with answers flipped where one to three rules hold (one or two slots).
*Null*: the renderer without any rule.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from itertools import combinations
from typing import Any

import numpy as np

from benchmarks import truth
from benchmarks.common import Row, finish, parser
from benchmarks.exploring import explored_modes
from benchmarks.planted import summarised
from benchmarks.scene_drawer import SceneDrawer
from benchmarks.text_modes import agreement_of
from failscape.analysis.modes.discovery_score import PRECISION, RECALL, Score, spotcheck
from failscape.analysis.modes.mode import Mode
from failscape.concepts import ConceptSpace
from failscape.data.street.traffic.planted import CONFUSED
from failscape.envs.evaluator import Evaluator
from failscape.envs.gym_views import ConceptVectorEnv
from failscape.envs.mdp import ConceptMDP
from failscape.envs.planted import RATES, Region, plant
from failscape.envs.state import Outcome, Probes
from failscape.envs.tasks.text_to_image import make_mdp
from failscape.targets.diffusion.text_to_image import TextToImage
from failscape.targets.registry import load_target

TARGET, PROMPTS = "embedded:street-diffusion", "street:prompts"
SLOTS = ["color", "light", "weather=clear,rain"]
SPEED_STEPS, SPEED_ENVS = 8, 16


def main(argv: list[str] | None = None) -> int:
    arguments = parser(__doc__)
    truth.add_arguments(arguments)
    arguments.add_argument("--pictures", type=int, default=50, help="of each prompt at each point")
    arguments.add_argument("--targets", type=int, default=60, help="oracle targets")
    arguments.add_argument("--oracle-budget", type=int, default=3000)
    arguments.add_argument(
        "--only", nargs="+", choices=("speed", "model", "oracle"), default=["speed", "model", "oracle"]
    )
    args = arguments.parse_args(argv)
    rows: list[Row] = []
    figures: dict[str, Any] = {"seeds": args.seeds, "pictures": args.pictures, "slots": SLOTS}
    for name, measure in (("speed", speed), ("model", model), ("oracle", oracles)):
        if name in args.only:
            more, figures[name] = measure(args)
            rows += more
            print(f"{name}: {figures[name]}", flush=True)
    return finish(args.json, rows, figures)


def speed(args: argparse.Namespace) -> tuple[list[Row], dict[str, Any]]:
    """Environment steps beside bare calls of the same prompts."""
    mdp = make_mdp(load_target(TARGET, "cpu"), PROMPTS, pictures=SPEED_ENVS)
    envs = ConceptVectorEnv(mdp, SPEED_ENVS)
    envs.reset(seed=0)
    rng = np.random.default_rng(0)
    bare, stepped = [], []
    for _ in range(SPEED_STEPS + 1):
        actions = rng.integers(mdp.space.n_points, size=SPEED_ENVS)
        start = time.perf_counter()
        envs.step(actions)
        stepped.append(time.perf_counter() - start)
        items = rng.integers(len(mdp.items), size=SPEED_ENVS)
        inputs = mdp.prompts(mdp.at(items, mdp.space.point(actions))).inputs
        start = time.perf_counter()
        mdp.target(inputs)
        bare.append(time.perf_counter() - start)
    ratio = float(np.median(bare[1:]) / np.median(stepped[1:]))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    told = {"pictures_per_s": SPEED_ENVS / float(np.median(stepped[1:])), "peak_gib": peak, "num_envs": SPEED_ENVS}
    return [Row("environment steps / bare pipeline calls", ratio, 0.9)], told


def model(args: argparse.Namespace) -> tuple[list[Row], dict[str, Any]]:
    """The embedded pipeline, explored from a scan; and beside it one whose denoiser is untrained."""
    known, failed = scanned(truth.load(args, **environment(args)), args)
    budget = failed.size // 5
    found = [explored(known, failed, budget, seed) for seed in range(args.seeds)]
    names = [f"{color} {vehicle}" for vehicle, color in CONFUSED]
    mean = {key: float(np.mean([one[key] for one in found])) for key in ("agreement", "top")}
    rows = [
        Row(f"{name}: found in so many seeds", sum(one["found"][name] for one in found), args.seeds) for name in names
    ]
    rows += [
        Row("landscape: rank correlation / split-half correlation", mean["agreement"], 0.9),
        Row("landscape: worst ten prompts recalled", mean["top"], 0.8),
    ]
    told = {"prompts": failed.shape[1], "scan": failed.size, "budget": budget, "fails": float(failed.mean())}
    return rows, {**told, "runs": found}


def environment(args: argparse.Namespace) -> dict[str, Any]:
    """Arguments of the environment that is scanned."""
    made = {"target": TARGET, "prompts": PROMPTS, "concepts": SLOTS, "pictures": args.pictures}
    return {"env": "failscape/TextToImage-v0", **made}


class Lookup:
    """Answers over prompts and slots from a scan of the slots, whose items know their prompts."""

    def __init__(self, scan: Evaluator) -> None:
        self.scan = scan

    def evaluate(self, probes: Probes) -> Outcome:
        """Outcomes ``(B,)`` from the scan; the first axis chooses the prompt and is no part of it."""
        return self.scan.evaluate(probes._replace(point=probes.point[:, 1:]))


def scanned(scan: ConceptMDP, args: argparse.Namespace) -> tuple[ConceptMDP, np.ndarray]:
    """The environment over prompts and slots, and which of a prompt's pictures fail at each point ``(N, P)`` bool."""
    target = scan.target
    assert isinstance(target, TextToImage)
    made = make_mdp(target, PROMPTS, ["prompt", *SLOTS], pictures=args.pictures)
    known = made.with_evaluator(Lookup(scan.evaluator))
    failed = truth.table(scan).failed
    grid = known.space.grid()
    rest = scan.space.index(grid[:, 1:])
    columns = [failed[known.items.group == group, row] for group, row in zip(grid[:, 0], rest, strict=True)]
    return known, np.stack(columns, axis=1)


def explored(known: ConceptMDP, failed: np.ndarray, budget: int, seed: int) -> dict[str, Any]:
    """One exploration, beside the scan."""
    landscape, modes = explored_modes(known, "dqn", budget, seed)
    confirmed = [mode for mode in modes if mode.confirmed]
    cells = [np.isin(np.arange(known.space.n_points), mode.points) for mode in confirmed]
    found = {
        f"{color} {vehicle}": any(_covers(cell, holds(known.space, vehicle, color)) for cell in cells)
        for vehicle, color in CONFUSED
    }
    told = {"seed": seed, "modes": [mode.name for mode in confirmed], "found": found}
    clean = float(known.baseline.failed.mean())
    figure = told | agreement_of(landscape.table["smoothed"].to_numpy(), failed, clean)
    print(figure, flush=True)
    return figure


def _covers(cells: np.ndarray, region: np.ndarray) -> bool:
    shared = (cells & region).sum()
    return bool(shared >= PRECISION * cells.sum() and shared >= RECALL * region.sum())


def holds(space: ConceptSpace, vehicle: str, color: str) -> np.ndarray:
    """The points that ask for a vehicle of a colour ``(P,)`` bool."""
    wanted = {f"prompt a {vehicle}", f"color {color}"}
    return np.array([wanted <= set(space.label(point).split(", ")) for point in space.grid()])


def oracles(args: argparse.Namespace) -> tuple[list[Row], dict[str, Any]]:
    """Rules planted in a target that makes no mistakes."""
    clean = make_mdp(SceneDrawer(lambda asked, chance: asked), PROMPTS, SLOTS, pictures=args.pictures)
    table = truth.exhaustive(clean)
    known, failed = scanned(clean.with_evaluator(truth.TableEvaluator(clean.space, table)), args)
    scores = [score(known, args.oracle_budget, seed) for seed in range(args.targets)]
    summary = summarised(scores)
    null = explored_modes(known, "dqn", args.oracle_budget, 0)[1]
    rows = [
        Row("oracle targets: discovery rate", summary["discovery_rate"][0], 0.9),
        Row("oracle targets: false discovery rate", summary["false_discovery_rate"][0], 0.1, at_most=True),
        Row("renderer without a rule: confirmed modes", sum(mode.confirmed for mode in null), 0, at_most=True),
    ]
    return rows, {**summary, "targets": args.targets, "budget": args.oracle_budget, "fails": float(failed.mean())}


def score(known: ConceptMDP, budget: int, seed: int) -> Score:
    """One oracle target, drawn, explored and scored."""
    rng = np.random.default_rng(seed)
    regions = draw_rules(known.space, rng, int(rng.integers(1, 4)))
    mdp = plant(known, regions, seed)
    modes = [mode for mode in explored_modes(mdp, "dqn", budget, seed)[1] if mode.confirmed]
    grid = known.space.grid()
    planted = np.stack([region.holds(grid) for region in regions])
    cells = np.stack([np.isin(np.arange(len(grid)), m.points) for m in modes]) if modes else planted[:0]
    return spotcheck(cells, planted, np.array([truly_failing(mdp, mode) for mode in modes], bool))


def draw_rules(space: ConceptSpace, rng: np.random.Generator, n: int) -> list[Region]:
    """``n`` rules that fix one or two axes each, no two of which hold at one point."""
    while True:
        rules = [_rule(space, rng) for _ in range(n)]
        if all(one.distance(other) > 0 for one, other in combinations(rules, 2)):
            return rules


def _rule(space: ConceptSpace, rng: np.random.Generator) -> Region:
    fixed = rng.permutation(len(space.shape))[: rng.integers(1, 3)]
    levels = {int(axis): int(rng.integers(space.shape[axis])) for axis in fixed}
    low = tuple(levels.get(axis, 0) for axis in range(len(space.shape)))
    high = tuple(levels.get(axis, n - 1) for axis, n in enumerate(space.shape))
    return Region(low, high, float(rng.uniform(*RATES)))


def truly_failing(mdp: ConceptMDP, mode: Mode) -> bool:
    """Whether the held-out pictures of the mode's prompts, at all of its points, fail more than unedited."""
    held_out = np.flatnonzero(mdp.items.held_out)
    items = np.repeat(held_out, len(mode.points))
    points = mdp.space.point(np.tile(mode.points, len(held_out)))
    fit = mdp.valid(points, items)
    failed = mdp.evaluate(mdp.at(items[fit], points[fit])).failed
    return bool(failed.mean() > mdp.baseline.failed[np.unique(items[fit])].mean())


if __name__ == "__main__":
    sys.exit(main())
