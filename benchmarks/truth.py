"""The whole truth about a target: every item, held out or not, at every point, kept in a file between benchmarks.

Shapes: ``N`` items, ``P`` points.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from failscape.concepts import ConceptSpace
from failscape.envs.mdp import ConceptMDP
from failscape.envs.state import Outcome, Probes
from failscape.settings import Settings
from failscape.user_code import import_user_code
from failscape.workflows.environment import build

CIFAR = {
    "imports": ["examples/cifar_resnet.py"],
    "target": "cifar10:{real}/weights/{weights}.safetensors",
    "data": "{real}/cifar10",
}
BATCH = 256


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the real inputs and the cached scan are."""
    parser.add_argument("--real", type=Path, default=Path("../shared/real"), help="folder with weights/ and cifar10/")
    parser.add_argument("--cache", type=Path, default=Path("runs/truth"), help="where scans are kept")
    parser.add_argument("--seeds", type=int, default=5)


def load(args: argparse.Namespace, **make: Any) -> ConceptMDP:
    """An MDP with every outcome known.

    ``make`` holds the environment's arguments; without a target it is CIFAR-10's network of ``weights``, a ResNet-20
    unless another is named.
    """
    env, imports = make.pop("env", "failscape/Classifier-v0"), []
    if "target" not in make:
        names = {"real": args.real, "weights": make.pop("weights", "cifar10_resnet20")}
        make = {**{key: str(CIFAR[key]).format(**names) for key in ("target", "data")}, **make}
        imports = list(CIFAR["imports"])
    import_user_code(imports)
    mdp = build(Settings(env, "scan", 0, {"num_envs": 1, "memory": 0}, make, imports)).mdp
    name = "".join(c if c.isalnum() else "-" for c in Path(mdp.target.name).name)
    scanned = _scanned(mdp, args.cache / f"{name}-{fingerprint(mdp)}.npz")
    return mdp.with_evaluator(TableEvaluator(mdp.space, scanned))


def fingerprint(mdp: ConceptMDP) -> str:
    """Twelve letters that change with the target's weights, the items, the grid, the reward and what is kept."""
    known = [mdp.space.describe(), mdp.items.fingerprint, Outcome._fields, repr(mdp.reward.threshold)]
    digest = hashlib.sha256(json.dumps(known).encode())
    for name, tensor in mdp.target.module.state_dict().items():
        digest.update(name.encode() + tensor.cpu().numpy().tobytes())
    return digest.hexdigest()[:12]


class TableEvaluator:
    """Outcomes looked up: five seeds of a benchmark ask the same questions of the same target."""

    def __init__(self, space: ConceptSpace, table: Outcome) -> None:
        self.space, self.table = space, table  # (N, P) each

    def evaluate(self, probes: Probes) -> Outcome:
        """Outcomes ``(B,)`` from the table."""
        points = self.space.index(probes.point)
        return Outcome(*(column[probes.items[:, 0], points] for column in self.table))


def table(mdp: ConceptMDP) -> Outcome:
    """Every outcome of what :func:`load` gave, ``(N, P)`` each."""
    assert isinstance(mdp.evaluator, TableEvaluator)
    return mdp.evaluator.table


def _scanned(mdp: ConceptMDP, cache: Path) -> Outcome:
    """Every outcome, from ``cache`` if it is there, else asked and written to it."""
    if cache.exists():
        with np.load(cache, allow_pickle=False) as known:
            return Outcome(*(known[field] for field in Outcome._fields))
    scanned = exhaustive(mdp)
    cache.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(cache, **scanned._replace(output_text=scanned.output_text.astype(str))._asdict())
    return scanned


def exhaustive(mdp: ConceptMDP) -> Outcome:
    """Every item at every point, or where that leaves it no right answer at the one asked instead: ``(N, P)`` each."""
    n, classes = len(mdp.items), mdp.items.batch.right_answer
    columns: list[list[Outcome]] = []
    for point in range(mdp.space.n_points):
        rows = []
        for start in range(0, n, BATCH):
            items = np.arange(start, min(start + BATCH, n))
            points = mdp.space.askable(mdp.space.point(np.full(len(items), point)), classes[items])
            rows.append(mdp.evaluate(mdp.at(items, points)))
        columns.append(rows)
        print(f"\rscan {point + 1}/{mdp.space.n_points}", end="", flush=True)
    print()
    merged = [Outcome(*(np.concatenate(parts) for parts in zip(*rows, strict=True))) for rows in columns]
    return Outcome(*(np.stack(parts, axis=1) for parts in zip(*merged, strict=True)))
