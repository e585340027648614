"""Are the wrong prompts of a text-to-image model found, and mapped rightly? And what does the environment cost?

*Speed*: pictures per second of environment steps beside the bare batched call of the pipeline, turn by turn, and the
peak of memory. *Planted in the model*: the embedded pipeline, every prompt at every point of the grid drawn once and
kept; each seed explores a fifth of that by ``dqn``. A confusion is found where a confirmed mode lies in its prompts to
80 % and holds 80 % of them. *Landscape*: rank correlation with the scan over the filled prompts above the clean rate,
divided by that of two random halves of the scan, and the worst ten of them. *Oracle targets*: scenes drawn by the
renderer, which makes no mistakes, with answers flipped where one to three rules hold (one slot, two, or one of one
prompt). *Null*: the renderer without any rule.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from benchmarks import truth
from benchmarks.common import Row, finish, parser
from benchmarks.exploring import explore, item_frame
from benchmarks.planted import summarised, truly_failing
from benchmarks.scene_drawer import SceneDrawer
from benchmarks.text_modes import agreement_of
from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.modes.confirmation import confirm_modes
from failscape.analysis.modes.discovery_score import PRECISION, RECALL, Score, spotcheck
from failscape.analysis.modes.mode import Mode
from failscape.analysis.modes.search import find_modes
from failscape.concepts import ConceptSpace
from failscape.concepts.item_axis import GroupAxis
from failscape.data.street.traffic.planted import CONFUSED
from failscape.envs.evaluator import Evaluator
from failscape.envs.gym_views import ConceptVectorEnv
from failscape.envs.mdp import ConceptMDP
from failscape.envs.planted import RATES, PlantedEvaluator, Region
from failscape.envs.state import Outcome, Probes
from failscape.envs.tasks.text_to_image import make_mdp
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
    """The embedded pipeline, explored from a scan."""
    known = truth.load(args, **environment(args))
    failed = cells_of(known, truth.table(known).failed)
    budget = failed.size // 5
    found = [explored(known, failed, budget, seed) for seed in range(args.seeds)]
    names = [f"{color} {vehicle}" for vehicle, color in CONFUSED]
    mean = {key: float(np.mean([one[key] for one in found])) for key in ("agreement", "top")}
    n_found = {name: sum(one["found"][name] for one in found) for name in names}
    rows = [Row(f"{name}: found in so many seeds", n, args.seeds) for name, n in n_found.items()]
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


class WithPrompts:
    """Answers over slots by an evaluator over prompts and slots, whose first axis is the prompt of an item.

    Args:
        evaluator: over prompts and slots.
        group: prompt of each item ``(N,)``.
    """

    def __init__(self, evaluator: Evaluator, group: np.ndarray) -> None:
        self.evaluator, self.group = evaluator, group

    def evaluate(self, probes: Probes) -> Outcome:
        """Outcomes ``(B,)``."""
        point = np.column_stack([self.group[probes.items[:, 0]], probes.point])
        return self.evaluator.evaluate(probes._replace(point=point))


class OfSlots:
    """Answers over prompts and slots by a scan of the slots, whose items know their prompts."""

    def __init__(self, scan: Evaluator) -> None:
        self.scan = scan

    def evaluate(self, probes: Probes) -> Outcome:
        """Outcomes ``(B,)``."""
        return self.scan.evaluate(probes._replace(point=probes.point[:, 1:]))


def cells_of(mdp: ConceptMDP, failed: np.ndarray) -> np.ndarray:
    """What a scan ``(N, P)`` saw of prompts at points, by the pictures of each: ``(pictures, G P)``."""
    groups = range(len(mdp.group_names))
    return np.concatenate([failed[mdp.items.group == group] for group in groups], axis=1)


def members(mdp: ConceptMDP, mode: Mode) -> np.ndarray:
    """Which prompts at which points a mode holds, ``(G P,)`` bool."""
    held = np.zeros((len(mdp.group_names), mdp.space.n_points), bool)
    held[np.ix_(list(mode.classes) or range(len(held)), mode.points)] = True
    return held.ravel()


def explored(known: ConceptMDP, failed: np.ndarray, budget: int, seed: int) -> dict[str, Any]:
    """One exploration, beside the scan."""
    probes, modes = explored_probes(known, budget, seed)
    confirmed = [mode for mode in modes if mode.confirmed]
    held = [members(known, mode) for mode in confirmed]
    found = {
        f"{color} {vehicle}": any(_covers(cells, asked(known, vehicle, color)) for cells in held)
        for vehicle, color in CONFUSED
    }
    told = {"seed": seed, "modes": [mode.name for mode in confirmed], "found": found}
    clean = float(known.baseline.failed.mean())
    figure = told | agreement_of(rates_by_prompt(known, probes), failed, clean)
    print(figure, flush=True)
    return figure


def rates_by_prompt(mdp: ConceptMDP, probes: pd.DataFrame) -> np.ndarray:
    """Smoothed failure rates of prompts at points ``(G P,)``: of the landscape of each prompt alone."""
    items, group = item_frame(mdp), mdp.items.group[probes["item"].to_numpy()]
    parts = [
        Landscape.from_probes(probes[group == g], mdp.space, items=items).table["smoothed"].to_numpy(float)
        for g in range(len(mdp.group_names))
    ]
    return np.concatenate(parts)


def _covers(cells: np.ndarray, region: np.ndarray) -> bool:
    shared = (cells & region).sum()
    return bool(shared >= PRECISION * cells.sum() and shared >= RECALL * region.sum())


def asked(mdp: ConceptMDP, vehicle: str, color: str) -> np.ndarray:
    """Which prompts at which points ask for a vehicle of a colour, ``(G P,)`` bool."""
    points = [f"color {color}" in mdp.space.label(point).split(", ") for point in mdp.space.grid()]
    return np.outer([name == f"a {vehicle}" for name in mdp.group_names], points).ravel()


def oracles(args: argparse.Namespace) -> tuple[list[Row], dict[str, Any]]:
    """Rules planted in a target that makes no mistakes."""
    clean = make_mdp(SceneDrawer(lambda asked, chance: asked), PROMPTS, SLOTS, pictures=args.pictures)
    scan = clean.with_evaluator(truth.TableEvaluator(clean.space, truth.exhaustive(clean)))
    scores = [score(scan, args.oracle_budget, seed) for seed in range(args.targets)]
    summary = summarised(scores)
    null = explored_probes(scan, args.oracle_budget, 0)[1]
    rows = [
        Row("oracle targets: discovery rate", summary["discovery_rate"][0], 0.9),
        Row("oracle targets: false discovery rate", summary["false_discovery_rate"][0], 0.1, at_most=True),
        Row("renderer without a rule: confirmed modes", sum(mode.confirmed for mode in null), 0, at_most=True),
    ]
    fails = float(truth.table(scan).failed.mean())
    return rows, {**summary, "targets": args.targets, "budget": args.oracle_budget, "fails": fails}


def score(scan: ConceptMDP, budget: int, seed: int) -> Score:
    """One oracle target, drawn, explored and scored."""
    rng = np.random.default_rng(seed)
    prompts = GroupAxis({name: group for group, name in enumerate(scan.group_names)}, "prompt")
    wide = ConceptSpace([prompts, *scan.space.concepts])
    rules = draw_rules(wide, rng, int(rng.integers(1, 4)))
    planted = PlantedEvaluator(OfSlots(scan.evaluator), scan.items.batch.right_answer, rules, seed)
    mdp = scan.with_evaluator(WithPrompts(planted, scan.items.group))
    modes = [mode for mode in explored_probes(mdp, budget, seed)[1] if mode.confirmed]
    regions = np.stack([rule.holds(wide.grid()) for rule in rules])
    cells = np.stack([members(mdp, mode) for mode in modes]) if modes else regions[:0]
    return spotcheck(cells, regions, np.array([truly_failing(mdp, mode) for mode in modes], bool))


def explored_probes(mdp: ConceptMDP, budget: int, seed: int) -> tuple[pd.DataFrame, list[Mode]]:
    """Probes of an exploration by ``dqn``, and the modes that they show, tried on held-out pictures."""
    probes, _ = explore(mdp, "dqn", budget, seed)
    items = item_frame(mdp)
    landscape = Landscape.from_probes(probes, mdp.space, items=items)
    modes = find_modes(landscape, probes, items, mdp.group_names, mdp.nouns.group)
    return probes, confirm_modes(mdp, modes, seed).modes


def draw_rules(space: ConceptSpace, rng: np.random.Generator, n: int) -> list[Region]:
    """``n`` rules that fix one slot or two, or a slot and the prompt, no two of which hold at one point."""
    while True:
        rules = [_rule(space, rng) for _ in range(n)]
        if all(one.distance(other) > 0 for one, other in combinations(rules, 2)):
            return rules


def _rule(space: ConceptSpace, rng: np.random.Generator) -> Region:
    slot, other = 1 + rng.permutation(len(space.shape) - 1)[:2]
    fixed = [(slot,), (slot, other), (slot, 0)][rng.integers(3)]
    levels = {int(axis): int(rng.integers(space.shape[axis])) for axis in fixed}
    low = tuple(levels.get(axis, 0) for axis in range(len(space.shape)))
    high = tuple(levels.get(axis, n - 1) for axis, n in enumerate(space.shape))
    return Region(low, high, float(rng.uniform(*RATES)))


if __name__ == "__main__":
    sys.exit(main())
