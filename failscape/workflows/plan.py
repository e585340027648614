"""Plans a run: what it can find and what it costs, from numbers or from an environment that is measured."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from failscape.analysis.modes.confirmation import N_ITEMS
from failscape.analysis.planning.outlook import TENTH, Outlook, outlook
from failscape.analysis.planning.power import POWER
from failscape.analysis.planning.study import MAX_POINTS, Study, axes_of
from failscape.envs.gym_views import ConceptVectorEnv, explorable
from failscape.envs.mdp import ConceptMDP
from failscape.envs.steadiness import SAMPLE
from failscape.errors import UsageError

BATCHES = 8  # that are measured
MAX_BASE = 0.99  # base rate of a target that fails on everything


@dataclass(frozen=True)
class Measured:
    """What a few batches of random edits say of a target."""

    speed: float  # queries per second
    edited: float  # failure rate of random edits
    n_queries: int
    unedited: float  # failure rate of the unedited items that are explored

    @property
    def base(self) -> float:
        """The base rate of a plan: that of unedited items, as in the preview of a run; modes are in the other."""
        return min(self.unedited, MAX_BASE)


@dataclass(frozen=True)
class Cost:
    """Queries of a run, and what it takes."""

    search: int  # the budget, or all pairs of item and point where these are fewer
    unedited: int  # every item once, and some of them again
    elsewhere: int  # held-out items at random points of the grid, once for all modes
    per_mode: int  # held-out items under the rule of each mode, at most
    learner: int  # an explorer that learns, and random edits, on held-out items
    speed: float | None  # queries per second

    def seconds(self, queries: int) -> float | None:
        """What so many queries take."""
        return None if self.speed is None else queries / self.speed


@dataclass(frozen=True)
class RunPlan:
    """What a run can find, and what it costs."""

    outlook: Outlook
    cost: Cost
    measured: Measured | None

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"power": POWER, **asdict(self)}


def plan(study: Study, speed: float | None = None, share: float = TENTH, measured: Measured | None = None) -> RunPlan:
    """Plan a run.

    Args:
        study: its size.
        speed: of the target, in queries per second, above 0; None where it is not known.
        share: of the grid that a mode covers, between 0 and 1.
        measured: what was measured of the target, for the record.
    """
    from failscape.agents.evaluation import affordable_draws

    found = outlook(study, share)
    largest = max(reach.n_units for reach in found.reaches)
    cost = Cost(
        study.n_probes,
        study.items + min(study.items, SAMPLE),
        min(N_ITEMS, 3 * study.n_held_out),
        largest,
        study.n_held_out * (1 + affordable_draws(study.n_held_out, study.queries)),
        speed,
    )
    return RunPlan(found, cost, measured)


def plannable(mdp: ConceptMDP) -> bool:
    """Whether a plan can be computed for an environment."""
    return _confirms(mdp) and mdp.space.n_points <= MAX_POINTS


def _confirms(mdp: ConceptMDP) -> bool:
    """Whether modes will be compared with unedited items, and confirmed, which is what plans are computed for."""
    held_out = mdp.items.held_out
    return mdp.has_unedited and not mdp.scheme.walks and bool(held_out.any() and not held_out.all())


def study_of(mdp: ConceptMDP, queries: int, base: float) -> Study:
    """The planned run of an environment; a base rate of 1 is taken as a little less.

    Raises:
        UsageError: its modes are not those that plans are computed for, or its grid is too large.
    """
    if not _confirms(mdp):
        raise UsageError(
            "a plan is of runs over a grid of edits whose modes are compared with unedited items and confirmed on "
            "held-out ones; walks and tables of answers have no such modes"
        )
    n, n_held_out = len(mdp.items), int(mdp.items.held_out.sum())
    groups = len(np.unique(mdp.items.group))
    left_out = 1 - float(mdp.space.exists.mean())
    return Study(axes_of(mdp.space), queries, n, groups, n_held_out / n, min(base, MAX_BASE), left_out)


def measure(envs: ConceptVectorEnv, seed: int = 0) -> Measured:
    """Ask a few batches of random edits of random items; the first one warms up and is not timed."""
    mdp, rng = envs.mdp, np.random.default_rng(seed)
    n = envs.num_envs * BATCHES
    pool = explorable(mdp)
    items, rows = mdp.pairs(rng.choice(pool, min(n, len(pool)), replace=False))
    chosen = rng.integers(len(items), size=n)
    parts = np.array_split(chosen, BATCHES)
    failed, seconds = [], 0.0
    for k, part in enumerate(parts):
        start = time.perf_counter()
        failed.append(mdp.evaluate(mdp.at(items[part], mdp.space.point(rows[part]))).failed)
        seconds += (time.perf_counter() - start) * (k > 0)
    speed = (n - len(parts[0])) / max(seconds, 1e-9)
    return Measured(speed, float(np.concatenate(failed).mean()), n, float(mdp.baseline.failed[pool].mean()))
