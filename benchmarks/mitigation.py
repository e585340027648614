"""Are failures mitigated, and at what price? Street signs, ResNet-20 and ResNet-32 on CIFAR-10, held-out items.

Each of three seeds holds out other items. The default explorer finds failure modes (20,000 queries) on the items that
are not held out; the target is fine-tuned on the confirmed ones in full, by LoRA and in the last layer only. Both
versions are then shown every held-out item at every point of the grid. The excess is the rate of the targeted failures
less the rate at which the same version fails on the same items unedited. An untouched point is one that no targeted
mode holds, for the classes that none holds there; it is harmed where it became worse by more than two points beyond its
95 % interval. A fresh agent with another seed then explores the target that was fine-tuned in full, on held-out items
only: the fine-tune has seen the others.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks import truth
from benchmarks.common import Row, finish, parser
from benchmarks.exploring import explored_modes
from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.modes.mode import Mode
from failscape.analysis.statistics.paired_effects import effect
from failscape.data import only_held_out
from failscape.data.split import held_out_together
from failscape.envs.mdp import ConceptMDP
from failscape.mitigation import choose_modes, fine_tune, training_config
from failscape.mitigation.sampling import failures_of

BUDGET = 20_000
TARGETS: dict[str, dict[str, Any]] = {
    "street": {"target": "embedded:street-signs", "max_items": 4000},
    "resnet20": {"weights": "cifar10_resnet20"},
    "resnet32": {"weights": "cifar10_resnet32"},
}
BATCH = 512


def main(argv: list[str] | None = None) -> int:
    arguments = parser(__doc__)
    truth.add_arguments(arguments)
    arguments.set_defaults(seeds=3)
    arguments.add_argument("--method", nargs="+", default=["full", "lora", "head"])
    arguments.add_argument("--only", choices=list(TARGETS), nargs="+", default=list(TARGETS), help="which targets")
    args = arguments.parse_args(argv)
    rows: list[Row] = []
    figures: dict[str, Any] = {"seeds": args.seeds}
    for name, make in TARGETS.items():
        if name not in args.only:
            continue
        known = truth.load(args, **make)
        found = {method: [] for method in args.method}  # type: dict[str, list[dict[str, Any]]]
        for seed in range(args.seeds):
            known = held_out_by(known, seed)
            before, modes = explored_modes(known, "dqn", BUDGET, seed)
            numbers = choose_modes(modes, space=known.space)
            chosen = [modes[n - 1] for n in numbers]
            print(f"{name}, seed {seed}: {'; '.join(mode.name for mode in chosen)}", flush=True)
            for method in args.method:
                figure = mitigated(known, chosen, method, seed, before if method == "full" else None)
                found[method].append(figure)
                print(f"  {method}: {text(figure)}", flush=True)
        figures[name] = found
        rows += [row for key in args.method if key != "head" for row in must_show(name, key, found[key])]
    return finish(args.json, rows, figures)


def held_out_by(known: ConceptMDP, seed: int) -> ConceptMDP:
    """The same target and table with other items held out, so that the seeds' figures are of different items."""
    names = [f"{seed} {name}" for name in known.items.names]
    original = np.arange(len(names)) if known.items.original is None else known.items.original
    items = replace(known.items, held_out=held_out_together(names, original))
    split = ConceptMDP(known.target, known.space, items, known.reward, known.baseline)
    return split.with_evaluator(known.evaluator)


def mitigated(known: ConceptMDP, modes: list[Mode], method: str, seed: int, before: Landscape | None) -> dict[str, Any]:
    """Figures of one fine-tune; with the landscape ``before``, of a fresh agent's search too."""
    target: Any = known.target
    failures = [part for mode in modes for part in failures_of(mode.points, mode.classes, known.space)]
    live = ConceptMDP(target, known.space, known.items, known.reward, known.baseline)
    fitted = fine_tune(live, failures, training_config(target.task, method, {"seed": seed}))
    live = live.with_target(target.with_weights(fitted.weights), known.baseline)
    figure = compared(known, live, modes) | {"epochs": len(fitted.history) - 1, "best": fitted.best}
    if before is not None:
        points = np.unique(np.concatenate([mode.points for mode in modes]))
        unseen = ConceptMDP(live.target, known.space, only_held_out(known.items), known.reward)
        after, again = explored_modes(unseen, "dqn", BUDGET, seed + 100)
        rates = [float(landscape.table["smoothed"][points].mean()) for landscape in (before, after)]
        figure |= {"re-explored": rates, "modes_left": [m.name for m in again if m.confirmed]}
    return figure


def compared(known: ConceptMDP, live: ConceptMDP, modes: list[Mode]) -> dict[str, Any]:
    """Both versions on every held-out item, at every point and unedited."""
    held_out = np.flatnonzero(known.items.held_out)
    labels = known.items.group[held_out]
    points = np.concatenate([known.space.grid(), np.full((1, len(known.space.shape)), -1)])
    failed = np.stack([ask(live, held_out, point) for point in points], axis=1)
    was = truth.table(known).failed[held_out]
    aimed = np.zeros((len(held_out), known.space.n_points), bool)
    for mode in modes:
        own = np.isin(labels, mode.classes) if mode.classes else np.ones(len(labels), bool)
        aimed[np.ix_(own, mode.points)] = True
    untouched = [
        effect(known.space.label(points[p]), was[~aimed[:, p], p], failed[~aimed[:, p], p])
        for p in range(known.space.n_points)
        if (~aimed[:, p]).any()
    ]
    clean = effect("unedited", known.baseline.failed[held_out], failed[:, -1])
    own = aimed.sum(axis=1)  # targeted points of each item
    alike = [float(np.average(rate, weights=own)) for rate in (known.baseline.failed[held_out], failed[:, -1])]
    now = np.concatenate([live.evaluate(live.at(batch, unedited(live, batch))).score for batch in batches(held_out)])
    return {
        "clean_score": [float(known.baseline.score[held_out].mean()), float(now.mean())],
        "targeted": [float(was[aimed].mean()), float(failed[:, :-1][aimed].mean())],
        "targeted_unedited": alike,
        "untouched": [float(was[~aimed].mean()), float(failed[:, :-1][~aimed].mean())] if (~aimed).any() else [],
        "clean": [clean.before, clean.after, clean.low, clean.high],
        "n_untouched": len(untouched),
        "harmed": [e.what for e in untouched if e.harmful],
        "worst_rise": max((e.low for e in untouched), default=float("nan")),
    }


def ask(mdp: ConceptMDP, items: np.ndarray, point: np.ndarray) -> np.ndarray:
    """Failures of items ``(N,)`` at one point."""
    asked = (mdp.evaluate(mdp.at(batch, np.tile(point, (len(batch), 1)))) for batch in batches(items))
    return np.concatenate([outcome.failed for outcome in asked])


def batches(items: np.ndarray) -> list[np.ndarray]:
    """Items ``(N,)`` by ``BATCH``."""
    return np.split(items, range(BATCH, len(items), BATCH))


def unedited(mdp: ConceptMDP, items: np.ndarray) -> np.ndarray:
    """No edit for each of the items: ``(N, K)``."""
    return np.full((len(items), len(mdp.space.shape)), -1)


def must_show(name: str, method: str, found: list[dict[str, Any]]) -> list[Row]:
    """Rows of one method, means over the seeds; those of ``full`` are the ones that an issue names."""
    targeted, alike, clean = (
        np.mean([figure[kind][:2] for figure in found], axis=0) for kind in ("targeted", "targeted_unedited", "clean")
    )
    excess = targeted - alike
    rows = [
        Row(f"{name}, {method}: excess of targeted failures gone, share", 1 - excess[1] / excess[0], 0.8),
        Row(
            f"{name}, {method}: the same, beside unedited failures before",
            1 - (targeted[1] - alike[0]) / excess[0],
            0.8,
        ),
        Row(f"{name}, {method}: targeted failures gone, share", 1 - targeted[1] / targeted[0], 0.4),
        Row(f"{name}, {method}: unedited failures, rise [points]", 100 * (clean[1] - clean[0]), 1.0, at_most=True),
        Row(f"{name}, {method}: untouched points harmed", sum(len(f["harmed"]) for f in found), 0, at_most=True),
    ]
    if "re-explored" in found[0]:
        again = np.mean([figure["re-explored"] for figure in found], axis=0)
        rows.append(Row(f"{name}, {method}: targeted failures gone, by a fresh agent", 1 - again[1] / again[0], 0.4))
    return rows


def text(figure: dict[str, Any]) -> str:
    """A line for the reader who waits."""
    kinds = [kind for kind in ("targeted", "targeted_unedited", "untouched", "clean") if figure[kind]]
    parts = [f"{kind} {figure[kind][0]:.1%} → {figure[kind][1]:.1%}" for kind in kinds]
    parts.append("rise of clean {:+.1%} to {:+.1%}".format(*figure["clean"][2:]))
    parts.append(f"{len(figure['harmed'])} of {figure['n_untouched']} harmed")
    if "re-explored" in figure:
        parts.append("re-explored {:.1%} → {:.1%}".format(*figure["re-explored"]))
    return ", ".join(parts)


if __name__ == "__main__":
    sys.exit(main())
