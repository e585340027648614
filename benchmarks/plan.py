"""Does a plan hold? Predicted power and precision against simulated runs that are searched and confirmed as real ones.

Simulated runs have known rates: one box of the grid at a random place in which more items fail, of all groups or of
one; half of the items are harder than the others; uniform probes, no pair of item and point twice. A box is found where
a confirmed mode has at least half of its cells, of group and point, in it. Null runs have no box. Run ``i`` of setting
``k`` has the seed ``(k, i)``; predictions have seed 0 and see nothing of the runs.
"""

from __future__ import annotations

import gc
import sys
import time
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch

from benchmarks import intervals
from benchmarks.common import Row, finish, parser
from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.modes.confirmation import N_ITEMS, confirm_modes
from failscape.analysis.modes.mode import Mode
from failscape.analysis.modes.search import find_modes
from failscape.analysis.planning.confirming import held_out_items, held_out_units
from failscape.analysis.planning.power import power
from failscape.analysis.planning.precision import half_width
from failscape.analysis.planning.searching import INSIDE
from failscape.analysis.planning.study import Sought, Study, axes_from
from failscape.concepts import ConceptSpace
from failscape.concepts.base import Concept

CLOSE = 5  # points between predicted and simulated power


class Level(Concept):
    """An axis of levels that edits nothing."""

    field = "values"
    unit = ""
    identity = -1.0
    limits = (-1.0, 1000.0)

    def __init__(self, axis: int, n: int) -> None:
        self.name = f"axis {axis + 1}"
        self.default_levels = tuple(map(float, range(n)))
        super().__init__()

    def _edit(self, inputs: torch.Tensor, strengths: np.ndarray, seeds: np.ndarray) -> torch.Tensor:
        return inputs


class Setting(NamedTuple):
    """A planned run, and the box that is planted in it."""

    grid: str
    queries: int
    items: int
    groups: int
    held_out: float
    base: float
    sides: tuple[int, ...]
    rate: float
    one_group: bool = False

    @property
    def study(self) -> Study:
        """The planned run."""
        return Study(axes_from(self.grid), self.queries, self.items, self.groups, self.held_out, self.base)

    def sought(self, low: list[int]) -> Sought:
        """The box, from its first level on each axis."""
        high = tuple(a + side - 1 for a, side in zip(low, self.sides, strict=True))
        return Sought(tuple(low), high, self.rate, self.one_group)

    def central(self) -> Sought:
        """The box in the middle of the grid, of which a plan is made."""
        return self.sought([(axis.n - side) // 2 for axis, side in zip(self.study.axes, self.sides, strict=True)])


SETTINGS = (
    Setting("5x5x5", 1000, 1000, 1, 0.2, 0.05, (2, 2, 2), 0.3),
    Setting("5x5x5", 1000, 1000, 1, 0.2, 0.05, (3, 3, 3), 0.18),
    Setting("5x5x5", 2000, 300, 1, 0.2, 0.1, (2, 2, 5), 0.3),
    Setting("5x5x5", 20_000, 3000, 1, 0.2, 0.1, (2, 2, 2), 0.17),
    Setting("5x5x5", 1500, 5000, 1, 0.2, 0.3, (3, 3, 3), 0.45),
    Setting("5x5x5", 4000, 3000, 10, 0.2, 0.05, (2, 2, 3), 0.13),
    Setting("10x10", 2000, 500, 1, 0.2, 0.1, (3, 4), 0.25),
    Setting("10x10", 10_000, 2000, 1, 0.2, 0.3, (4, 5), 0.4),
    Setting("10x10", 1000, 1000, 1, 0.3, 0.2, (4, 4), 0.4),
    Setting("10x10", 5000, 300, 1, 0.1, 0.05, (3, 3), 0.25),
    Setting("6x6", 1000, 200, 1, 0.2, 0.02, (2, 2), 0.2),
    Setting("6x6", 2000, 400, 1, 0.5, 0.2, (2, 3), 0.35),
    Setting("6x6", 1000, 5000, 4, 0.2, 0.1, (3, 3), 0.2),
    Setting("6x6", 20_000, 2000, 1, 0.1, 0.3, (2, 2), 0.42),
    Setting("6x6", 20_000, 5000, 5, 0.1, 0.05, (2, 3), 0.17, True),
    Setting("6x6", 10_000, 1000, 10, 0.2, 0.05, (3, 3), 0.3, True),
    Setting("5x5x5", 20_000, 5000, 10, 0.2, 0.02, (3, 3, 3), 0.1, True),
    Setting("10x10", 5000, 2000, 4, 0.3, 0.1, (4, 4), 0.3, True),
    Setting("6x6", 20_000, 4000, 100, 0.3, 0.05, (3, 3), 0.6, True),
    Setting("6x6", 10_000, 2000, 20, 0.3, 0.05, (3, 4), 0.35, True),
)
NULLS = (
    Setting("5x5x5", 4000, 2000, 1, 0.2, 0.05, (1, 1, 1), 0.0),
    Setting("10x10", 3000, 1000, 1, 0.3, 0.3, (1, 1), 0.0),
    Setting("6x6", 5000, 2000, 10, 0.2, 0.1, (1, 1), 0.0),
)


def main(argv: list[str] | None = None) -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--runs", type=int, default=300, help="simulated runs of each setting")
    arguments.add_argument("--only", type=int, nargs="+", default=range(len(SETTINGS)), help="settings, from 0")
    arguments.add_argument("--no-nulls", action="store_true")
    arguments.add_argument(
        "--many-groups", type=int, default=50, help="groups from which a third as many are simulated"
    )
    args = arguments.parse_args(argv)
    gc.collect()
    gc.freeze()  # statsmodels collects garbage at every correction
    start = time.process_time()
    settings = []
    for k in args.only:
        setting = SETTINGS[k]
        settings.append(told(setting, k, args.runs // (3 if setting.groups >= args.many_groups else 1)))
        print(settings[-1], flush=True)
    kept = () if args.no_nulls else NULLS
    nulls = [float(np.mean([run(s, len(SETTINGS) + k, i).any for i in range(args.runs)])) for k, s in enumerate(kept)]
    print(f"null runs with a confirmed mode: {nulls}; {time.process_time() - start:.0f} s of processor time")
    close = [setting["off"] <= CLOSE for setting in settings]
    off = [100 * abs(float(np.subtract(*s["half_widths"]))) for s in settings if s["half_widths"]]
    rows = [
        Row(f"settings whose power is predicted to {CLOSE} points, of {len(settings)}", sum(close), len(settings)),
        Row(
            "mean error of the predicted power [points]", float(np.mean([s["off"] for s in settings])), 3, at_most=True
        ),
        Row("largest error of the predicted half width [points]", max(off), 1, at_most=True),
        *(
            Row(f"null runs with a mode, {s.grid}, {s.groups} groups", n, 0.05, at_most=True)
            for s, n in zip(kept, nulls, strict=True)
        ),
    ]
    return finish(args.json, rows, {"settings": settings, "nulls": nulls, "runs": args.runs})


def told(setting: Setting, k: int, runs: int) -> dict[str, Any]:
    """Predicted and simulated figures of a setting."""
    predicted = power(setting.study, setting.central())
    found = [run(setting, k, i) for i in range(runs)]
    simulated = float(np.mean([one.found for one in found]))
    planned = np.array([pair for one in found for pair in one.widths]).reshape(-1, 2)
    return {
        **setting._asdict(),
        "predicted": predicted,
        "simulated": simulated,
        "error": (simulated * (1 - simulated) / runs) ** 0.5,
        "off": 100 * abs(predicted - simulated),
        "half_widths": planned.mean(axis=0).tolist() if len(planned) else None,
        "runs": runs,
    }


class Outcome(NamedTuple):
    """What a simulated run found."""

    found: bool
    any: bool  # whether it has a confirmed mode, wherever
    widths: list[tuple[float, float]]  # half of the interval of a mode inside the box, as planned and as it is


def run(setting: Setting, k: int, i: int) -> Outcome:
    """One simulated run."""
    rng, study = np.random.default_rng((k, i)), setting.study
    sought = setting.sought(
        [int(rng.integers(a.n - side + 1)) for a, side in zip(study.axes, setting.sides, strict=True)]
    )
    planted = np.isin(np.arange(study.n_points), sought.points(study.axes)) & (setting.rate > 0)
    items = pd.DataFrame(
        {
            "group": rng.permutation(study.items) % study.groups,
            "failed": rng.random(study.items) < study.base,
            "score": 0.9,
            "held_out": rng.permutation(study.items) < study.n_held_out,
        }
    )
    theirs = (items["group"].to_numpy() == 0) | (not setting.one_group)
    rates = np.where(theirs[:, None] & planted, setting.rate, study.base)
    hard = np.where(rng.random(study.items) < 0.5, 1, -1)[:, None]
    outcomes = rng.random(rates.shape) < rates + hard * np.minimum(rates, 1 - rates) / 2
    space = ConceptSpace([Level(axis, a.n) for axis, a in enumerate(study.axes)])
    probes = drawn(outcomes, ~items["held_out"].to_numpy(), study.n_probes, rng)
    modes = find_modes(Landscape.from_probes(probes, space, items=items), probes, items)
    judged = confirm_modes(intervals.known(space, items, outcomes), modes, i).modes
    confirmed = [mode for mode in judged if mode.confirmed]
    inside = [mode for mode in confirmed if share_inside(mode, planted, setting) >= INSIDE]
    whole = [widths(mode, setting) for mode in inside if share_inside(mode, planted, setting) == 1]
    return Outcome(bool(inside), bool(confirmed), whole[:1])


def widths(mode: Mode, setting: Setting) -> tuple[float, float]:
    """Half of the width of a mode's interval, as planned and as it is."""
    assert mode.low is not None and mode.high is not None
    n_items = min(held_out_items(setting.study, setting.one_group), N_ITEMS)
    planned = half_width(setting.rate, n_items, held_out_units(n_items, len(mode.points)))
    return planned, (mode.high - mode.low) / 2


def drawn(outcomes: np.ndarray, explored: np.ndarray, n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Different pairs of an explored item and a point."""
    items, n_points = np.flatnonzero(explored), outcomes.shape[1]
    pairs = rng.choice(len(items) * n_points, n, replace=False)
    item, point = items[pairs // n_points], pairs % n_points
    failed = outcomes[item, point]
    columns = {"item": item, "point": point, "failed": failed, "severity": failed * 1.0}
    return pd.DataFrame(columns).assign(propensity=1 / n_points, cached=False)


def share_inside(mode: Mode, planted: np.ndarray, setting: Setting) -> float:
    """Share of a mode's cells, of group and point, that lie in the planted region."""
    classes = mode.classes or tuple(range(setting.groups))
    return float(planted[mode.points].mean()) * ((0 in classes) / len(classes) if setting.one_group else 1)


if __name__ == "__main__":
    sys.exit(main())
