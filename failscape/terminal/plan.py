"""A plan as the command line shows it: what a run can find, how precisely, what it cannot show, and what it costs."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from failscape.analysis.modes.confirmation import MIN_ITEMS
from failscape.analysis.planning.outlook import TENTH, Reach, reach
from failscape.analysis.planning.power import POWER
from failscape.analysis.planning.precision import WANTED
from failscape.analysis.planning.study import Study, axes_from
from failscape.common.format import counted, duration, listed, percent
from failscape.envs.mdp import ConceptMDP
from failscape.errors import UsageError
from failscape.records.folder import write_json
from failscape.settings import Settings
from failscape.terminal.output import Terminal, steps
from failscape.workflows.environment import build
from failscape.workflows.plan import Cost, Measured, RunPlan, measure, plan, study_of

BUDGET, BASE, HELD_OUT = 20_000, 0.05, 0.2  # where nothing else is said
COMPUTING = "computing what the run can find"
BRIEF_DRAWS, BRIEF_STEPS = 100, 5  # before a run starts, which must not wait


def plan_numbers(args: argparse.Namespace) -> int:
    """Plan from numbers alone; one that is wrong is told before one that is missing."""
    axes = None if args.points is None else axes_from(args.points)
    if axes is None or args.items is None:
        missing = "--points" if axes is None else "--items"
        raise UsageError(f"a plan needs {missing}; or --env, --target, --data or --concepts, which say it")
    held_out = HELD_OUT if args.held_out is None else args.held_out
    base = BASE if args.base_rate is None else args.base_rate
    study = Study(axes, args.budget or BUDGET, args.items, args.n_groups or 1, held_out=held_out, base=base)
    terminal = Terminal()
    with steps(terminal) as tell:
        tell(COMPUTING)
        made = plan(study, args.speed, args.covers)
    return _finish(terminal, made, args.json)


def plan_environment(args: argparse.Namespace, settings: Settings) -> int:
    """Plan from an environment, whose speed and base rate are measured where they are not given."""
    terminal, budget = Terminal(), settings.hyperparameters["budget"]
    with steps(terminal) as tell:
        envs = build(settings, progress=tell)
        study = study_of(envs.mdp, budget, 0.0 if args.base_rate is None else args.base_rate)
        tell("measuring speed and base rate on a few batches")
        measured = measure(envs)
        if args.base_rate is None:
            study = replace(study, base=measured.base)
        tell(COMPUTING)
        made = plan(study, measured.speed if args.speed is None else args.speed, args.covers, measured)
    return _finish(terminal, made, args.json)


def _finish(terminal: Terminal, made: RunPlan, path: Path | None) -> int:
    print_plan(terminal, made)
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, made.as_json())
        terminal.line("wrote", path)
    return 0


def print_plan(terminal: Terminal, made: RunPlan) -> None:
    """Print a plan."""
    outlook = made.outlook
    terminal.line("run      ", size(outlook.study))
    if made.measured:
        terminal.line("measured ", measured_text(made.measured))
    sections = {
        "can find": [finds(outlook.study, one) for one in outlook.reaches if one.smallest is not None],
        "precision": [precision(outlook.study, one) for one in outlook.reaches if not one.too_few],
        "cannot": list(cannot(outlook.study, outlook.reaches)),
        "helps": [helps(change.what, change.smallest) for change in outlook.helps],
        "cost": list(cost_lines(made.cost)),
    }
    for label, lines in sections.items():
        for k, line in enumerate(lines):
            terminal.line(f"{label if k == 0 else '':<9}", line)
    terminal.line(
        "assumes  ",
        f"uniform probes, groups of equal size, {percent(outlook.study.base)} failures outside of the mode and "
        "unedited, and half of the items 1.5 times as likely to fail as the mean",
    )


def size(study: Study) -> str:
    """How large the run is."""
    grid = "x".join(str(axis.n) for axis in study.axes)
    return (
        f"{spending(study.queries, study.n_explored, study.n_existing)}, "
        f"grid of {counted(study.n_existing, 'point')} ({grid}), "
        f"{counted(study.items, 'item')} ({study.n_explored:,} explore, {study.n_held_out:,} held out), "
        f"{counted(study.groups, 'group')}, base rate {percent(study.base)}"
    )


def spending(budget: int, n_items: int, n_points: int) -> str:
    """What a search asks: its budget, or fewer where there are fewer pairs of an item and a point, and why."""
    pairs = n_items * n_points
    if pairs >= budget:
        return counted(budget, "query", "queries")
    return (
        f"at most {counted(pairs, 'query', 'queries')} (each of {counted(n_items, 'explored item')} at each of "
        f"{counted(n_points, 'point')}; the budget of {budget:,} is more)"
    )


def measured_text(measured: Measured) -> str:
    """What was measured."""
    return (
        f"{percent(measured.edited)} of {counted(measured.n_queries, 'random edit')} fail, unedited "
        f"{percent(measured.unedited)} of the items do; {measured.speed:,.0f} queries per second"
    )


def whose(one: Reach, study: Study) -> str:
    """Of which groups a mode is."""
    if study.groups == 1:
        return "a mode"
    return f"a mode of one of {study.groups:,} groups" if one.one_group else "a mode of all groups"


def finds(study: Study, one: Reach) -> str:
    """The smallest failure rate that is found and confirmed, or that none is."""
    what = f"{whose(one, study)} over {one.n_points:,} of {counted(study.n_points, 'point')}"
    if one.smallest is None:
        return f"{what} is found and confirmed with a probability below {percent(POWER)}, whatever its failure rate"
    return f"{what} is found and confirmed with a probability of {percent(POWER)} where {percent(one.smallest)} fail"


def precision(study: Study, one: Reach) -> str:
    """How wide the interval of a rate will be."""
    several = f", {one.n_units:,} probes" if one.n_units > one.n_items else ""
    needed = f"{one.items_needed:,} of them" + (" in the group" if one.one_group else "")
    enough = "" if one.half_width <= WANTED else f"; ± {100 * WANTED:.0f} points need {needed}"
    return (
        f"the rate of {whose(one, study)}: 95 % interval of ± {100 * one.half_width:.0f} points at most, from "
        f"{counted(one.n_items, 'held-out item')}{several}{enough}"
    )


def cannot(study: Study, reaches: tuple[Reach, ...]) -> Iterator[str]:
    """What cannot be shown."""
    for one in reaches:
        if one.smallest is None:
            yield finds(study, one)
        if one.too_few:
            yield (
                f"{whose(one, study)} cannot be confirmed where it has the mean number of held-out items, "
                f"{one.n_items}: at least {MIN_ITEMS} are needed"
            )
        else:
            yield (
                f"the rates of {whose(one, study)} and of another such one, near one half, are told apart with a "
                f"probability below {percent(POWER)} where they differ by less than "
                f"{100 * min(one.difference, 1):.0f} points"
            )


def helps(what: str, smallest: tuple[float | None, ...]) -> str:
    """What a change would make of the smallest rates."""
    rates = ["at no rate" if rate is None else f"from {percent(rate)}" for rate in smallest]
    kinds = (" (all groups)", " (one group)") if len(rates) > 1 else ("",)
    return f"with {what}, found {listed([rate + kind for rate, kind in zip(rates, kinds, strict=True)])}"


def cost_lines(cost: Cost) -> Iterator[str]:
    """Queries and time."""

    def took(queries: int) -> str:
        seconds = cost.seconds(queries)
        return "" if seconds is None else f" (about {duration(seconds)})"

    yield f"search: {counted(cost.search, 'query', 'queries')}{took(cost.search)}"
    beside = cost.unedited + cost.elsewhere + cost.per_mode
    yield (
        f"in addition {cost.unedited:,} for unedited items, {cost.elsewhere:,} for held-out items elsewhere on the "
        f"grid and up to {cost.per_mode:,} for each mode to confirm: {beside:,}{took(beside)} with one mode"
    )
    yield (
        f"an explorer that learns is compared with random edits of held-out items: another {cost.learner:,}"
        f"{took(cost.learner)}"
    )


def brief(mdp: ConceptMDP, queries: int) -> str:
    """What a run can find, in a sentence, computed from fewer draws and from the failure rate of unedited items."""
    study = study_of(mdp, queries, float(mdp.baseline.failed[~mdp.items.held_out].mean()))
    kinds = (False, True)[: study.n_kinds]
    reaches = [reach(study, TENTH, one_group, draws=BRIEF_DRAWS, steps=BRIEF_STEPS) for one_group in kinds]
    first, *of_one = reaches
    where, likely = (
        f"over {first.n_points:,} of {counted(study.n_existing, 'point')}",
        f"a probability of {percent(POWER)}",
    )
    if first.smallest is None:
        told = f"no mode {where} with {likely}"
    else:
        told = f"a mode {where} with {likely} where at least {percent(first.smallest)} fail"
    told += f", {percent(study.base)} elsewhere"
    for one in of_one:
        of = f"of one {mdp.nouns.group}"
        told += f"; none {of}" if one.smallest is None else f"; {of}, where {percent(one.smallest)} do"
    known = " and ".join(f"± {100 * one.half_width:.0f}" for one in reaches)
    return f"{told}; rates to {known} points"
