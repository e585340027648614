"""What a planned run can find and how precisely, what it cannot show, and what would help."""

from __future__ import annotations

from dataclasses import dataclass, replace

from failscape.analysis.modes.confirmation import MIN_ITEMS, N_ITEMS
from failscape.analysis.planning.confirming import held_out_items, held_out_units
from failscape.analysis.planning.power import DRAWS, POWER, STEPS, smallest_rate
from failscape.analysis.planning.precision import half_width, items_needed, smallest_difference
from failscape.analysis.planning.study import Axis, Study, central_box

TENTH = 0.1  # share of the grid that a mode covers where nothing else is said
WORST = 0.5  # failure rate of which an interval is widest
HELPS = 0.02  # by how much a change must lower the smallest rate to be told


@dataclass(frozen=True)
class Reach:
    """What can be found of modes of all groups, or of one."""

    one_group: bool
    n_points: int  # that the mode covers
    smallest: float | None  # failure rate found and confirmed with a power of .8; None where not even failures of all
    n_items: int  # held-out items by which the mode is measured
    n_units: int  # pairs of item and point by which it is
    half_width: float  # of the 95 % interval of a rate of one half
    items_needed: int  # of the mode's groups, asked once each, for an interval of 5 points to either side
    difference: float  # between two modes' rates that is shown with a power of .8

    @property
    def too_few(self) -> bool:
        """Whether there are so few held-out items that no mode can be confirmed."""
        return self.n_items < MIN_ITEMS


@dataclass(frozen=True)
class Change:
    """Something that would lower the smallest rate that can be found."""

    what: str
    smallest: tuple[float | None, ...]  # beside each reach of the plan


@dataclass(frozen=True)
class Outlook:
    """What a planned run can find."""

    study: Study
    reaches: tuple[Reach, ...]  # of all groups; of one, where there are several
    helps: tuple[Change, ...]


def outlook(study: Study, share: float = TENTH) -> Outlook:
    """What a run can find of a mode that covers ``share`` of the grid, and what would lower the smallest rate found."""
    kinds = (False, True)[: study.n_kinds]
    reaches = tuple(reach(study, share, one_group) for one_group in kinds)
    changes = [
        Change(what, tuple(smallest(other, share, one_group) for one_group in kinds))
        for what, other in _variants(study)
    ]
    return Outlook(study, reaches, tuple(change for change in changes if _lowers(change, reaches)))


def reach(study: Study, share: float, one_group: bool, *, draws: int = DRAWS, steps: int = STEPS) -> Reach:
    """What can be found of a mode of all groups, or of one."""
    n_points = central_box(study.axes, share, WORST).size
    n_items = min(held_out_items(study, one_group), N_ITEMS)
    n_units = held_out_units(n_items, n_points)
    return Reach(
        one_group,
        n_points,
        smallest(study, share, one_group, draws=draws, steps=steps),
        n_items,
        n_units,
        half_width(WORST, n_items, n_units),
        items_needed(WORST),
        smallest_difference(WORST, n_items, n_units, POWER),
    )


def smallest(study: Study, share: float, one_group: bool, *, draws: int = DRAWS, steps: int = STEPS) -> float | None:
    """The smallest rate of a mode in the middle of the grid that is found and confirmed with a power of .8."""
    sought = central_box(study.axes, share, WORST, one_group=one_group)
    return smallest_rate(study, sought, draws=draws, steps=steps)


def _variants(study: Study) -> list[tuple[str, Study]]:
    """Plans that differ in one thing, by what that is."""
    found = [
        (f"twice the items ({2 * study.items:,})", replace(study, items=2 * study.items)),
        (f"twice the budget ({2 * study.queries:,} queries)", replace(study, queries=2 * study.queries)),
    ]
    if study.held_out <= 0.25:
        wider = round(2 * study.held_out, 2)
        found.append((f"--held-out {wider:g}", replace(study, held_out=wider)))
    halved = _halved(study.axes)
    if halved != study.axes:
        smaller = replace(study, axes=halved)
        found.append((f"a grid of {smaller.n_points:,} points", smaller))
    return found


def _halved(axes: tuple[Axis, ...]) -> tuple[Axis, ...]:
    """The grid with half of the levels, rounded up, along its longest axis."""
    longest = max(range(len(axes)), key=lambda k: axes[k].n)
    return tuple(replace(axis, n=(axis.n + 1) // 2) if k == longest else axis for k, axis in enumerate(axes))


def _lowers(change: Change, reaches: tuple[Reach, ...]) -> bool:
    pairs = list(zip(change.smallest, (reach.smallest for reach in reaches), strict=True))
    worse = any(old is not None and (new is None or new > old + HELPS) for new, old in pairs)
    better = any(new is not None and (old is None or new <= old - HELPS) for new, old in pairs)
    return better and not worse
