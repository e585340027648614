"""How few labels teach what a rater minds, what guidance buys, and whether a rating can be lost.

(a) Ranking: a simulated rater of stated utility and noise rates cases of a run with twenty and more failure modes; the
reward model then ranks failures of held-out items in those modes. Beside it: cases asked at random, labels averaged per
mode, and the ceiling, a learner that knows the form of the utility. (b) Guidance: agents explore with the margin reward
and with ``--reward human``, at equal budget; what they choose for held-out items is judged by the noise-free utility.
(c) Durability: four processes write 1 000 ratings at once.
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
from benchmarks.rated import Utility, ceiling, draw_utility, planted_survey
from failscape.envs.mdp import Members
from failscape.feedback.cases import Case
from failscape.feedback.raters import SimulatedRater
from failscape.rating import Survey
from failscape.records.ratings import RatingStore

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
    arguments.add_argument("--labels", type=int, default=50)
    arguments.add_argument("--noise", type=float, default=1.0, help="of the rater, in points of its scale")
    arguments.add_argument("--budget", type=int, default=30_000, help="queries of the run that is rated")
    arguments.add_argument("--guided", type=int, default=6_000, help="queries of each agent in (b)")
    args = arguments.parse_args(argv)
    rankings = [ranking(args, seed) for seed in range(args.seeds)]
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
        Row("ratings lost of 1 000 written by four processes", float(lost), 0, at_most=True),
    ]
    return finish(args.json, rows, {"ranking": rankings, "guidance": guided, "settings": vars_of(args)})


def vars_of(args: Any) -> dict[str, Any]:
    """Settings as plain values."""
    return {key: str(value) if isinstance(value, Path) else value for key, value in vars(args).items()}


def ranking(args: Any, seed: int) -> dict[str, float]:
    """Rank correlations with the true utility over held-out failures, by how the labels were asked and used."""
    with tempfile.TemporaryDirectory() as out:
        survey = planted_survey(Path(out), seed, args.budget)
        rng = np.random.default_rng(1000 + seed)
        asked = held_out_failures(survey, rng)
        utility = draw_utility(rng, asked["design"], survey.features.sizes[-1])
        designs = {key: case_design(survey, utility, case) for key, case in survey.cases.items()}
        rater = SimulatedRater("ada", lambda case: float(utility(designs[case.key]).mean()), args.noise, seed=seed)
        store = RatingStore(survey.path)
        survey.ask(rater, store, args.labels)
        chosen = store.latest()
        store.close()
        order = rng.permutation(list(survey.cases))[: args.labels]
        at_random = rated(survey, rater, order)
        truth = utility(asked["design"])
        known = np.stack([designs[key].mean(axis=0) for key in chosen["case"]])
        told = ceiling(known, chosen["undesirability"].to_numpy(float) - 5.5, args.noise, asked["design"])
        means = chosen.groupby("mode")["undesirability"].mean()
        per_mode = np.array([means.get(name, chosen["undesirability"].mean()) for name in asked["mode"]])
        model = survey.model(chosen)
        found = {
            "model": model.mean(asked["features"]),
            "random": survey.model(at_random).mean(asked["features"]),
            "per_mode": per_mode,
            "ceiling": told,
        }
        scores = {name: float(spearmanr(predicted, truth).statistic) for name, predicted in found.items()}
        scores |= {"left_out": model.accuracy(), "modes": float(len(survey.modes)), "cases": float(len(survey.cases))}
        print(seed, {key: round(value, 3) for key, value in scores.items()}, flush=True)
        return {**scores, "labels": float(len(chosen)), "held_out_failures": float(len(truth))}


def rated(survey: Survey, rater: SimulatedRater, keys: Any) -> pd.DataFrame:
    """What the rater says of some cases, as a store would give it."""
    with tempfile.TemporaryDirectory() as out, RatingStore(Path(out) / "ratings.sqlite") as store:
        cases = [survey.cases[key] for key in keys]
        store.append([survey.rating(case, rater.name, rater.rate(case)) for case in cases])
        return store.latest()


def case_design(survey: Survey, utility: Utility, case: Case) -> np.ndarray:
    """What the utility is told of each failure of a case."""
    rows = survey.probes.loc[list(case.probes)]
    points = survey.mdp.space.point(rows["point"].to_numpy())
    return design_of(survey, rows["item"].to_numpy(), points, rows["predicted"].to_numpy())


def design_of(survey: Survey, items: np.ndarray, points: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Regressors of failures."""
    blank = Utility(np.zeros(0), np.zeros(0), np.zeros(0))
    references = survey.mdp.items.references[items]
    return blank.design(references, predicted, survey.features.edits(points))


def held_out_failures(survey: Survey, rng: np.random.Generator) -> dict[str, Any]:
    """Failures of items that nobody saw, some of each mode: features, regressors, name of the mode."""
    mdp = survey.mdp
    found: dict[str, list[Any]] = {"features": [], "design": [], "mode": []}
    for mode in survey.modes:
        items = rng.choice(np.flatnonzero(mdp.items.held_out), 4 * PER_MODE)
        points = mdp.space.point(rng.choice(mode.points, len(items)))
        items = Members(mdp.items).like(items, points[:, 0])  # of the class that the point names
        outcome = mdp.evaluate(mdp.at(items, points))
        failed = np.flatnonzero(outcome.failed)[:PER_MODE]
        which = items[failed], points[failed], outcome.predicted[failed]
        found["features"].append(survey.features(*which))
        found["design"].append(design_of(survey, *which))
        found["mode"] += [mode.name] * len(failed)
    return {
        "features": np.concatenate(found["features"]),
        "design": np.concatenate(found["design"]),
        "mode": found["mode"],
    }


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
