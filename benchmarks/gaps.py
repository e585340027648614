"""Are the known gaps of the embedded street-sign classifier found? Rotation × darken × zoom, at the default budget.

A gap is a box of the grid, for all signs or for some of them. It is found where a confirmed failure mode *tells of it*:
at least ``INSIDE`` of the mode's cells (points × classes) lie in the gap; and taking the gap's edit back, the others as
they are, mitigates at least half of what fails there, by the exhaustive scan of the held-out items.
"""

from __future__ import annotations

import argparse
from typing import Any, NamedTuple

import numpy as np

from benchmarks import truth
from benchmarks.common import Row
from benchmarks.exploring import explored_modes
from failscape.analysis.modes.mode import Mode
from failscape.data.street import SIGNS
from failscape.data.street.gaps import LIMITS
from failscape.envs.mdp import ConceptMDP

GRID = ["rotation=-12,-6,0,6,12", "darken=0,0.15,0.3,0.45,0.6", "zoom=0.6,0.7,0.8,0.9,1"]
INSIDE, MITIGATED = 0.8, 0.5


class Gap(NamedTuple):
    """Where the classifier was not trained: levels of one concept, for some classes."""

    concept: str
    levels: tuple[float, ...]
    classes: tuple[int, ...]


EVERY = tuple(range(len(SIGNS)))
GAPS = {
    "tilt": Gap("rotation", (-12, -6, 6, 12), EVERY),
    "night": Gap("darken", (0.3, 0.45, 0.6), EVERY),
    "far-limits": Gap("zoom", (0.6, 0.7, 0.8, 0.9), tuple(SIGNS.index(sign) for sign in LIMITS)),
}


def measure(args: argparse.Namespace) -> tuple[list[Row], dict[str, Any]]:
    """Rows and figures: in how many of the seeds each gap was found, by which modes."""
    known = truth.load(args, target="embedded:street-signs", concepts=GRID, max_items=2000)
    told: dict[str, list[list[str]]] = {name: [] for name in GAPS}
    for seed in range(args.seeds):
        modes = [mode for mode in explored_modes(known, "dqn", 20_000, seed)[1] if mode.confirmed]
        for name, gap in GAPS.items():
            told[name].append([mode.name for mode in modes if tells_of(known, mode, gap)])
            print(f"seed {seed}, {name}: {told[name][-1][:1] or 'not found'}", flush=True)
    rows = [
        Row(f"gap {name}: found in so many of {args.seeds} seeds", sum(map(bool, found)), args.seeds)
        for name, found in told.items()
    ]
    return rows, {"gaps": told, "grid": GRID}


def tells_of(known: ConceptMDP, mode: Mode, gap: Gap) -> bool:
    """Whether a mode lies in a gap, and fails because of it."""
    space = known.space
    axis = space.names.index(gap.concept)
    concept = space.concepts[axis]
    points = space.point(mode.points)
    classes = mode.classes or EVERY
    inside = np.isin(concept.levels[points[:, axis]], gap.levels).mean() * np.isin(classes, gap.classes).mean()
    back = points.copy()
    back[:, axis] = int(np.flatnonzero(concept.levels == concept.identity)[0])
    items = known.items.held_out & np.isin(known.items.group, classes)
    failed = truth.table(known).failed[items]
    return bool(
        inside >= INSIDE and failed[:, space.index(back)].mean() <= (1 - MITIGATED) * failed[:, mode.points].mean()
    )
