"""How few labels teach what a rater minds, what guidance buys, and whether a rating can be lost.

(a) Ranking: simulated raters of stated utility and noise rate cases of a run with twenty and more failure modes; the
reward model then ranks failures of held-out items in those modes. Beside it: cases asked at random, labels averaged per
mode,
and two ceilings: learners that know the form of the utility, its noise and the spread of its weights, and do not or do
(``ceiling_families``) know which signs are minded alike. (b) Guidance: agents explore with the margin reward and with
``--reward human``, at equal budget; what they find is judged by the noise-free utility. (c) Durability: four processes
write 1,000 ratings at once.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from benchmarks import guidance
from benchmarks.common import Row, finish, parser
from benchmarks.rated import ceiling, class_design, design_of, draw_utility, planted_survey
from failscape.envs.item_groups import ItemsByGroup
from failscape.feedback.cases import Case
from failscape.feedback.raters import SimulatedRater
from failscape.records.ratings import RatingStore
from failscape.workflows.rate import RatingSession

PER_MODE = 10  # failures of held-out items that are ranked
WRITER = """
import sys
from pathlib import Path
from failscape.records.ratings import Rating, RatingStore
store = RatingStore(Path(sys.argv[1]))
for k in range(250):
    store.append([Rating(sys.argv[2], f"case-{k}", "mode", (k,), 1 + k % 10)])
    print(k, flush=True)
"""


def main(argv: list[str] | None = None) -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--seeds", type=int, default=5)
    arguments.add_argument("--raters", type=int, default=3, help="of each run in (a)")
    arguments.add_argument("--labels", type=int, default=50)
    arguments.add_argument("--noise", type=float, default=1.0, help="of the rater, in points of its scale")
    arguments.add_argument("--budget", type=int, default=30_000, help="queries of the run that is rated")
    arguments.add_argument("--guided", type=int, default=6_000, help="queries of each agent in (b)")
    args = arguments.parse_args(argv)
    rankings = [found for seed in range(args.seeds) for found in ranking(args, seed)]
    table = pd.DataFrame(rankings)
    print(table.round(3).to_string())
    guided = guidance.measure(args)
    lost = writes()
    mean = table.mean()
    rows = [
        Row("modes, least of the seeds", float(table["modes"].min()), 20),
        Row("Spearman on held-out failures, mean of seeds", float(mean["model"]), min(0.9, float(mean["ceiling"]))),
        Row("the same minus random asking", float(mean["model"] - mean["random"]), 0.0),
        Row("the same minus a mean per mode", float(mean["model"] - mean["per_mode"]), 0.0),
        Row("guidance: undesirability found, human minus margin, lower end", guided["difference"][1], 0.0),
        Row("ratings lost of 1,000 written by four processes", float(lost), 0, at_most=True),
    ]
    return finish(args.json, rows, {"ranking": rankings, "guidance": guided, "settings": vars_of(args)})


def vars_of(args: Any) -> dict[str, Any]:
    """Settings as plain values."""
    return {key: str(value) if isinstance(value, Path) else value for key, value in vars(args).items()}


def ranking(args: Any, seed: int) -> list[dict[str, float]]:
    """For each rater of one run, rank correlations with its true utility over held-out failures."""
    with tempfile.TemporaryDirectory() as out:
        session = planted_survey(Path(out), seed, args.budget)
        return [ranked(session, args, seed, person) for person in range(args.raters)]


def ranked(session: RatingSession, args: Any, seed: int, person: int) -> dict[str, float]:
    """How well the labels of one rater are used, by how they were asked."""
    rng = np.random.default_rng(1000 + seed + 100 * person)
    asked = held_out_failures(session, rng)
    designs, n_edits = [design_of(*asked["rows"]), class_design(*asked["rows"])], session.features.sizes[-1]
    utility = draw_utility(rng, designs[0], n_edits)
    rater = SimulatedRater(
        f"rater-{person}", lambda c: float(utility(design_of(*case_rows(session, c))).mean()), args.noise, seed=seed
    )
    with tempfile.TemporaryDirectory() as out, RatingStore(Path(out) / "ratings.sqlite") as store:
        session.ask(rater, store, args.labels)
        chosen = store.latest()
    at_random = rated(session, rater, rng.permutation(list(session.cases))[: args.labels])
    rows = [case_rows(session, session.cases[key]) for key in chosen["case"]]
    told = [np.stack([design(*row).mean(axis=0) for row in rows]) for design in (design_of, class_design)]
    labels = chosen["undesirability"].to_numpy(float)
    ceilings = [ceiling(t, labels, args.noise, d, n_edits) for t, d in zip(told, designs, strict=True)]
    means = chosen.groupby("mode")["undesirability"].mean()
    model = session.model(chosen)
    found = {
        "model": model.mean(asked["features"]),
        "random": session.model(at_random).mean(asked["features"]),
        "per_mode": np.array([means.get(name, chosen["undesirability"].mean()) for name in asked["mode"]]),
        "ceiling_families": ceilings[0],
        "ceiling": ceilings[1],
    }
    truth = utility(designs[0])
    scores = {name: float(spearmanr(predicted, truth).statistic) for name, predicted in found.items()}
    print(seed, person, {key: round(value, 3) for key, value in scores.items()}, flush=True)
    sizes = {"modes": len(session.modes), "cases": len(session.cases), "labels": len(chosen), "asked": len(truth)}
    return {"seed": seed, "rater": person, **scores, "left_out": model.accuracy(), **sizes}


def rated(session: RatingSession, rater: SimulatedRater, keys: Any) -> pd.DataFrame:
    """What the rater says of some cases, as a store would give it."""
    with tempfile.TemporaryDirectory() as out, RatingStore(Path(out) / "ratings.sqlite") as store:
        cases = [session.cases[key] for key in keys]
        store.append([session.rating(case, rater.name, rater.rate(case)) for case in cases])
        return store.latest()


def case_rows(session: RatingSession, case: Case) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True classes, answered classes and edits of the failures of a case."""
    rows = session.probes.loc[list(case.probes)]
    edits = session.features.edits(session.mdp.space.point(rows["point"].to_numpy()))
    return rows["group"].to_numpy(), rows["predicted"].to_numpy(), edits


def held_out_failures(session: RatingSession, rng: np.random.Generator) -> dict[str, Any]:
    """Failures of items that nobody saw, some of each mode: features, classes and edits, name of the mode."""
    mdp = session.mdp
    found: dict[str, list[Any]] = {"features": [], "rows": [], "mode": []}
    for mode in session.modes:
        items = rng.choice(np.flatnonzero(mdp.items.held_out), 4 * PER_MODE)
        points = mdp.space.point(rng.choice(mode.points, len(items)))
        items, points = ItemsByGroup(mdp.items, mdp.space).like(items, points)  # of the class that the point names
        outcome = mdp.evaluate(mdp.at(items, points))
        failed = np.flatnonzero(outcome.failed)[:PER_MODE]
        items, points, predicted = items[failed], points[failed], outcome.predicted[failed]
        found["features"].append(session.features(items, points, predicted))
        found["rows"].append((mdp.items.group[items], predicted, session.features.edits(points)))
        found["mode"] += [mode.name] * len(failed)
    rows = [np.concatenate(column) for column in zip(*found["rows"], strict=True)]
    return {"features": np.concatenate(found["features"]), "rows": rows, "mode": found["mode"]}


def writes() -> int:
    """Ratings that were acknowledged and are not there, of four processes that write 250 each."""
    with tempfile.TemporaryDirectory() as out:
        file = Path(out) / "ratings.sqlite"
        command = [sys.executable, "-c", WRITER, str(file)]
        writers = [subprocess.Popen([*command, f"rater-{i}"], stdout=subprocess.PIPE, text=True) for i in range(4)]
        said = [writer.communicate()[0].split() for writer in writers]
        acknowledged = {(f"rater-{i}", f"case-{k}") for i, numbers in enumerate(said) for k in numbers}
        with RatingStore(file, read_only=True) as store:
            kept = set(map(tuple, store.frame()[["rater", "case"]].to_numpy()))
        return 1000 - len(acknowledged & kept)


if __name__ == "__main__":
    sys.exit(main())
