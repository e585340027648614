"""What guidance buys: agents that are paid by the margin beside agents that are paid for what a rater minds.

The street signs as they are, nothing planted, with the slice ``class``, so that an agent can go where it matters. For
each seed a rater is drawn and gives its labels on a run of random exploration; then two agents, alike but for their
reward, explore with equal budgets. What they find, the different failing pairs of item and point, is judged by the
rater's utility without noise.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from scipy.stats import t as student

import failscape as fs
from benchmarks.rated import Utility, design_of, draw_utility
from failscape.feedback.raters import SimulatedRater
from failscape.records.ratings import RatingStore
from failscape.workflows.rate import RatingSession
from failscape.workflows.run import Run

CONCEPTS = ["class", "rotation=-10,-5,0,5,10", "darken=0.1,0.2,0.3,0.4,0.5", "saturation=0.5,0.6,0.7"]
RATED = 10_000  # queries of the run that is rated
SEVERE = 8.0  # undesirability from which a failure is counted as severe


def measure(args: Any) -> dict[str, Any]:
    """Undesirability of what is found with either reward, and the difference, with 95 % intervals over seeds."""
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as out:
        base = _explore(Path(out) / "rated", "margin", "random", RATED, 0)
        for seed in range(args.seeds):
            folder = Path(shutil.copytree(base.folder.path, Path(out) / f"rated-{seed}"))
            utility, session = _rate(folder, seed, args)
            rewards = {"margin": "margin", "human": f"human:{folder}"}
            runs = {name: _explore(Path(out), reward, "dqn", args.guided, seed) for name, reward in rewards.items()}
            judged = {name: _judge(run, session, utility) for name, run in runs.items()}
            print(seed, judged, flush=True)
            found.append(judged)
    means = {name: np.array([judged[name]["mean"] for judged in found]) for name in ("margin", "human")}
    severe = {name: np.array([judged[name]["severe"] for judged in found]) for name in means}
    return {
        **{name: interval(values) for name, values in means.items()},
        "difference": interval(means["human"] - means["margin"]),
        "severe_ratio": interval(severe["human"] / np.maximum(severe["margin"], 1)),
        "seeds": found,
    }


def interval(values: np.ndarray) -> list[float]:
    """Mean and 95 % interval (Student's t) over seeds."""
    mean, n = float(values.mean()), len(values)
    half = float(student.ppf(0.975, n - 1) * values.std(ddof=1) / np.sqrt(n)) if n > 1 else float("nan")
    return [mean, mean - half, mean + half]


def _explore(out: Path, reward: str, explorer: str, budget: int, seed: int) -> Run:
    envs = gym.make_vec("failscape/Classifier-v0", num_envs=32, concepts=CONCEPTS, reward=reward)
    run: Run = fs.explore(envs, explorer, budget=budget, seed=seed, out=out, report=False)
    return run


def _rate(folder: Path, seed: int, args: Any) -> tuple[Utility, RatingSession]:
    """A rater's utility, and the survey in which it gave its labels."""
    session = RatingSession(Run(folder))
    rng = np.random.default_rng(2000 + seed)
    failing = session.probes[session.probes["failed"]]
    utility = draw_utility(rng, _designs(session, failing), session.features.sizes[-1])
    said = {key: utility(_designs(session, session.probes.loc[list(c.probes)])) for key, c in session.cases.items()}
    rater = SimulatedRater("ada", lambda case: float(said[case.key].mean()), args.noise, seed=seed)
    with RatingStore(session.path) as store:
        session.ask(rater, store, args.labels)
        session.save_models(store.latest())
    return utility, session


def _designs(session: RatingSession, rows: Any) -> np.ndarray:
    """What the utility is told of probes."""
    points = session.mdp.space.point(rows["point"].to_numpy())
    return design_of(rows["group"].to_numpy(), rows["predicted"].to_numpy(), session.features.edits(points))


def _judge(run: Run, session: RatingSession, utility: Utility) -> dict[str, float]:
    probes = run.probes()
    found = probes[probes["failed"]].drop_duplicates(["item", "point"])
    truly = utility(_designs(session, found))
    severe = float((truly >= SEVERE).sum())
    return {"mean": float(truly.mean()), "severe": severe, "failures": float(len(found))}
