"""A mitigation as the command line shows it."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from failscape.analysis.report.before_after import number
from failscape.analysis.statistics.paired_effects import Effect
from failscape.analysis.tensorboard.board import Board
from failscape.common.code_names import import_option
from failscape.common.format import counted, percent, signed
from failscape.envs.gym_views import explorable
from failscape.envs.mdp import ConceptMDP
from failscape.errors import Stopped, saved
from failscape.mitigation import Epoch
from failscape.mitigation.paired_evaluation import QUERIES, BeforeAfter
from failscape.records.folder import write_json
from failscape.settings import Settings
from failscape.terminal.output import Terminal, steps, table
from failscape.workflows.compare import Versions, compare_versions, target_of
from failscape.workflows.environment import build, complete
from failscape.workflows.explore import start
from failscape.workflows.fade import Faded, fade, n_before
from failscape.workflows.mitigate import Listeners, Mitigated, finish, go_on, mitigate
from failscape.workflows.mitigation_plan import Plan
from failscape.workflows.run import Run

MANY_HARMED = 5  # harmed points that are named


def mitigate_command(args: argparse.Namespace, numbers: list[int] | None, settings: Mapping[str, Any]) -> Mitigated:
    """Mitigate as ``args`` say, with progress; prints what came of it."""
    terminal = Terminal(quiet=args.quiet)
    with showing(terminal) as listeners:
        if args.resume is not None:
            mitigated = go_on(args.resume, listeners, args.imports)
        else:
            mitigated = mitigate(
                args.source,
                numbers,
                args.method,
                settings=settings,
                queries=args.queries or QUERIES,
                out=args.out,
                imports=args.imports,
                listeners=listeners,
                by=args.by,
            )
    folder = mitigated.folder
    try:
        print_mitigated(Terminal(), mitigated)
    except KeyboardInterrupt:
        raise Stopped(f"the fine-tuned target in {folder}", Plan.load(folder).fade_command(folder)) from None
    return mitigated


@contextmanager
def showing(terminal: Terminal) -> Iterator[Listeners]:
    """Listeners that say each step, and print the plan and each epoch."""
    with steps(terminal) as tell:
        yield Listeners(
            plan=lambda *told: print_plan(terminal, *told), step=tell, epoch=lambda epoch: print_epoch(terminal, epoch)
        )


def print_plan(terminal: Terminal, plan: Plan, mdp: ConceptMDP, folder: Path) -> None:
    """Print what is about to happen."""
    training = plan.training
    taught = training.taught(f"about {len(explorable(mdp)):,} {mdp.nouns.items}")
    named = "; ".join(f"{number} ({name})" for number, name in zip(plan.numbers, plan.modes, strict=True))
    rows = [
        ("target", repr(mdp.target)),
        ("modes", named),
        ("method", f"{training.method}: {plan.meaning}; {training.extent}, seed {training.seed}"),
        ("cost", f"{training.extent} over {taught}; then at most {plan.queries:,} queries of either version"),
        ("folder", str(folder)),
    ]
    for label, text in rows:
        terminal.line(f"{label:<9}", text)


def print_epoch(terminal: Terminal, epoch: Epoch) -> None:
    """Print where a fine-tune stands."""
    best = "  best so far" if epoch.best and epoch.number else ""
    terminal.line(
        f"epoch {epoch.number:>3}  validation: {percent(epoch.edited_error):>6} of edited and "
        f"{percent(epoch.clean_error):>6} of unedited items fail{best}"
    )


def print_mitigated(terminal: Terminal, mitigated: Mitigated) -> None:
    """Print what came of a mitigation, and what to do next."""
    terminal.line()
    print_effects(terminal, mitigated.before_after)
    terminal.line()
    plan = Plan.load(mitigated.folder)
    for label, text in (
        ("fine-tuned  ", f"{mitigated.folder} (epoch {mitigated.best} of {len(mitigated.history) - 1})"),
        ("next        ", f"{plan.fade_command(mitigated.folder)}   explore it again and compare"),
        ("            ", f"--target '{mitigated.uri}'{import_option(plan.imports)}   use it anywhere"),
    ):
        terminal.line(label, text)


def fade_command(args: argparse.Namespace, numbers: list[int] | None, settings: Mapping[str, Any]) -> Faded:
    """Fine-tune, explore again and compare as ``args`` say, with progress; prints what came of it."""
    terminal = Terminal(quiet=args.quiet)
    source = Run(args.source)
    terminal.line("explore  ", cost_of(source, args.seeds, args.budget))
    with showing(terminal) as listeners:
        mitigated = finish(args.mitigated, listeners, args.imports) if args.mitigated else None
        faded = fade(
            source,
            numbers,
            args.method,
            mitigated=mitigated,
            seeds=args.seeds,
            budget=args.budget,
            settings=settings,
            queries=args.queries,
            imports=args.imports,
            listeners=listeners,
            by=args.by,
            explore=lambda told, out: _explored(terminal, listeners, told, out),
        )
    code, run = faded.runs[0].settings.import_option, faded.runs[0].folder.path
    try:
        print_compared(Terminal(), faded.versions)
        terminal.line("fine-tuned  ", f"--target '{faded.uri}'{code}")
    except KeyboardInterrupt:
        kept = f"the fine-tuned target in {faded.mitigated.folder}, the run {run}"
        raise Stopped(kept, shlex.join(["failscape", "compare", str(args.source), str(run)]) + code) from None
    return faded


def cost_of(source: Run, seeds: int, budget: int | None) -> str:
    """What the explorations of a fade will cost, in words."""
    own = source.settings.hyperparameters["budget"]
    told = f"{counted(budget or own, 'query', 'queries')} of the fine-tuned target"
    told = told if seeds == 1 else f"{seeds} times {told}"
    again = n_before(source, seeds)
    return told if not again else f"{told}; before, {counted(again, 'time')} {own:,} of the target as it was"


def _explored(terminal: Terminal, listeners: Listeners, settings: Settings, out: Path) -> Run:
    """Explore settings, with a bar."""
    terminal.line(f"exploring {settings.make.get('target', 'the target as it was')}, seed {settings.seed}")
    envs = build(settings, progress=listeners.step)
    budget, what = settings.hyperparameters["budget"], f"exploring, seed {settings.seed}"
    listen = [lambda standing: listeners.step(what, min(standing.n_queries, budget), budget)]
    return start(envs, complete(settings, envs), out, command=sys.argv, listeners=listen, step=listeners.step)


def compare_command(
    terminal: Terminal, before: Run, after: Run, *, queries: int | None, imports: Sequence[str], figures: Path | None
) -> None:
    """Compare a target before and after, with progress; prints and writes what came of it, the figures as JSON."""
    with showing(terminal) as listeners:
        versions = compare_versions(before, after, queries=queries, imports=imports, step=listeners.step)
    page = print_compared(terminal, versions)
    if figures:
        with saved(str(page)):
            write_json(figures, versions.summary())


def print_compared(terminal: Terminal, versions: Versions) -> Path:
    """Write the page and TensorBoard's part of a comparison, and print it; returns where the page is."""
    after = versions.after
    page = versions.report(after.folder / "before-after.html")
    with saved(str(page)):
        with Board(after.folder.path) as board:
            board.versions(versions.summary(), versions.landscapes, versions.new)
        print_versions(terminal, versions)
        terminal.line()
        terminal.line("page        ", str(page))
        terminal.line("TensorBoard ", f"tensorboard --logdir {after.folder.path.parent}")
    return page


def print_versions(terminal: Terminal, versions: Versions) -> None:
    """Print what was mitigated, and by how much the map moved."""
    terminal.line(f"{target_of(versions.before)} → {target_of(versions.after)}")
    print_effects(terminal, versions.found)
    moves = table("what moved", "shift", "by chance", "verdict", left="what moved")
    for shift in versions.shifts:
        moved, by_chance = number(shift.value, shift.unit, signed=shift.signed), number(shift.limit, shift.unit)
        moves.add_row(shift.what, moved, by_chance, shift.verdict)
    terminal.print(moves)
    for label, told in versions.maps.broken_rows():
        terminal.line(f"{label}: {told}")
    if versions.maps.walked:  # what lies on the way of a walk is no sample of all edits
        return
    names = [counted(len(modes), "failure mode") for modes in versions.modes]
    rates = [f"{percent(landscape.failure_rate)} of edited items fail" for landscape in versions.landscapes]
    terminal.line(f"explored: {rates[0]}, {names[0]} → {rates[1]}, {names[1]}")


def print_effects(terminal: Terminal, found: BeforeAfter) -> None:
    """Print before and after, on held-out items."""
    what = f"held-out {found.nouns.items}"
    effects = table(what, "before", "after", "change (95 %)", "items", left=what)
    for effect in [found.targeted, *(found.modes if len(found.modes) > 1 else []), found.untouched, found.clean]:
        effects.add_row(("· " if effect in found.modes else "") + effect.what, *cells(effect))
    terminal.print(effects)
    was, became, change = cells(found.clean_score)[:3]
    terminal.line(f"{found.clean_score.what}, unedited: {was} → {became}, {change}; more is better")
    harmed = found.harmed
    verdict = "none" if not harmed else f"{len(harmed)}"
    points, right = counted(len(found.points), "untouched point"), counted(found.n_right, "answer")
    terminal.line(
        f"{verdict} of {points} became worse by more than 2 percentage points beyond the interval; "
        f"{len(found.new_failures):,} of {right} that had been right are wrong now"
    )
    for cost in found.costs:
        terminal.line(f"  worse: {cost}", style="yellow")
    for effect in harmed[:MANY_HARMED]:
        terminal.line(f"  worse: {effect.what}", *cells(effect)[:3], style="yellow")


def cells(effect: Effect) -> Sequence[str]:
    """An effect as cells of a table."""
    if not effect.n:
        return "–", "–", "–", "0"
    low, high = signed(100 * effect.low), signed(100 * effect.high)
    change = signed(100 * effect.change)
    change = f"{change} ({low} to {high})" if (low, high) != (change, change) else change
    return percent(effect.before), percent(effect.after), change, f"{effect.n:,}"
