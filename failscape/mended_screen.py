"""A mitigation as the command line shows it."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from failscape import __version__
from failscape.analysis.before_after_page import number
from failscape.analysis.effects import Effect
from failscape.analysis.tensorboard import Board
from failscape.before_after import BeforeAfter
from failscape.building import build, complete
from failscape.common.user_code import import_option
from failscape.comparing import Versions, compare_versions, target_of
from failscape.envs.mdp import ConceptMDP
from failscape.errors import Stopped, saved
from failscape.fading import Faded, fade
from failscape.mending import Listeners, Mitigated, Plan, finish, go_on, mitigate
from failscape.mitigation import Epoch
from failscape.records.folder import write_json
from failscape.runs import Run, start
from failscape.settings import Settings

MANY_HARMED = 5  # harmed points that are named


def mitigate_command(args: argparse.Namespace, numbers: list[int] | None, settings: Mapping[str, Any]) -> Mitigated:
    """Mitigate as ``args`` say, with progress; prints what came of it."""
    console = Console(quiet=args.quiet, highlight=False)
    with showing(console) as listeners:
        if args.resume is not None:
            mitigated = go_on(args.resume, listeners, args.imports)
        else:
            mitigated = mitigate(
                args.source,
                numbers,
                args.method,
                settings=settings,
                queries=args.queries,
                out=args.out,
                imports=args.imports,
                listeners=listeners,
            )
    folder = mitigated.folder
    try:
        tell_mitigated(Console(highlight=False), mitigated)
    except KeyboardInterrupt:
        raise Stopped(f"the fine-tuned target in {folder}", Plan.load(folder).fade_command(folder)) from None
    return mitigated


@contextmanager
def showing(console: Console) -> Iterator[Listeners]:
    """Listeners that draw a bar per phase, and print the plan and each epoch."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        tasks: dict[str, TaskID] = {}

        def step(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done)

        yield Listeners(plan=lambda *told: tell_plan(console, *told), step=step, epoch=lambda e: tell_epoch(console, e))


def tell_plan(console: Console, plan: Plan, mdp: ConceptMDP, folder: Path) -> None:
    """Print what is about to happen."""
    training = plan.training
    console.print(f"[bold]failscape {__version__}[/] · fine-tuning the target of {plan.run}")
    named = "; ".join(f"{number} ({name})" for number, name in zip(plan.numbers, plan.modes, strict=True))
    rows = [
        ("target", repr(mdp.target)),
        ("modes", named),
        ("method", f"{training.method}: {plan.meaning}; {training.extent}, seed {training.seed}"),
        ("folder", str(folder)),
    ]
    for label, text in rows:
        console.print(f"{label:<9}", text, markup=False, soft_wrap=True)


def tell_epoch(console: Console, epoch: Epoch) -> None:
    """Print where a fine-tune stands."""
    best = "  best so far" if epoch.best and epoch.number else ""
    console.print(
        f"epoch {epoch.number:>3}  validation: {epoch.edited_error:6.1%} of edited and {epoch.clean_error:6.1%} of "
        f"unedited items fail{best}",
        markup=False,
        soft_wrap=True,
    )


def tell_mitigated(console: Console, mitigated: Mitigated) -> None:
    """Print what came of a mitigation, and what to do next."""
    console.print()
    tell_effects(console, mitigated.before_after)
    console.print()
    plan = Plan.load(mitigated.folder)
    for label, text in (
        ("fine-tuned  ", f"{mitigated.folder} (epoch {mitigated.best} of {len(mitigated.history) - 1})"),
        ("next        ", f"{plan.fade_command(mitigated.folder)}   explore it again and compare"),
        ("            ", f"--target '{mitigated.uri}'{import_option(plan.imports)}   use it anywhere"),
    ):
        console.print(label, text, markup=False, soft_wrap=True)


def fade_command(args: argparse.Namespace, numbers: list[int] | None, settings: Mapping[str, Any]) -> Faded:
    """Fine-tune, explore again and compare as ``args`` say, with progress; prints what came of it."""
    console = Console(quiet=args.quiet, highlight=False)
    with showing(console) as listeners:
        mitigated = finish(args.mitigated, listeners, args.imports) if args.mitigated else None
        faded = fade(
            args.source,
            numbers,
            args.method,
            mitigated=mitigated,
            seeds=args.seeds,
            settings=settings,
            queries=args.queries,
            imports=args.imports,
            listeners=listeners,
            explore=lambda told, out: _explored(console, listeners, told, out),
        )
    code, run = faded.runs[0].settings.import_option, faded.runs[0].folder.path
    try:
        tell_compared(Console(highlight=False), faded.versions)
        print_line(console, "fine-tuned  ", f"--target '{faded.uri}'{code}")
    except KeyboardInterrupt:
        kept = f"the fine-tuned target in {faded.mitigated.folder}, the run {run}"
        raise Stopped(kept, shlex.join(["failscape", "compare", str(args.source), str(run)]) + code) from None
    return faded


def _explored(console: Console, listeners: Listeners, settings: Settings, out: Path) -> Run:
    """Explore settings, with a bar."""
    console.print(
        f"exploring {settings.make.get('target', 'the target as it was')}, seed {settings.seed}",
        markup=False,
        soft_wrap=True,
    )
    envs = build(settings, progress=listeners.step)
    budget, what = settings.hyperparameters["budget"], f"exploring, seed {settings.seed}"
    listen = [lambda standing: listeners.step(what, min(standing.n_queries, budget), budget)]
    return start(envs, complete(settings, envs), out, command=sys.argv, listeners=listen)


def compare_command(
    console: Console, before: Run, after: Run, *, queries: int, imports: Sequence[str], figures: Path | None
) -> None:
    """Compare a target before and after, with progress; prints and writes what came of it, the figures as JSON."""
    with showing(console) as listeners:
        versions = compare_versions(before, after, queries=queries, imports=imports, step=listeners.step)
    page = tell_compared(console, versions)
    if figures:
        with saved(str(page)):
            write_json(figures, versions.summary())


def tell_compared(console: Console, versions: Versions) -> Path:
    """Write the page and TensorBoard's part of a comparison, and print it; returns where the page is."""
    after = versions.after
    page = versions.report(after.folder / "before-after.html")
    with saved(str(page)):
        with Board(after.folder.path) as board:
            board.versions(versions.summary(), versions.landscapes, versions.new)
        tell_versions(console, versions)
        console.print()
        print_line(console, "page        ", str(page))
        print_line(console, "TensorBoard ", f"tensorboard --logdir {after.folder.path.parent}")
    return page


def print_line(console: Console, label: str, text: str) -> None:
    """A line that may be copied: names are no markup, and nothing is folded."""
    console.print(label, text, markup=False, soft_wrap=True)


def tell_versions(console: Console, versions: Versions) -> None:
    """Print what was mitigated, and by how much the map moved."""
    console.print(f"{target_of(versions.before)} → {target_of(versions.after)}", markup=False, soft_wrap=True)
    tell_effects(console, versions.found)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("what moved", "shift", "by chance", "verdict"):
        table.add_column(heading, justify="right" if heading in {"shift", "by chance"} else "left")
    for shift in versions.shifts:
        verdict = "significant" if shift.significant else "within chance" if shift.null else "not judged"
        moved, by_chance = number(shift.value, shift.unit, signed=shift.signed), number(shift.limit, shift.unit)
        table.add_row(Text(shift.what), moved, by_chance, verdict)
    console.print(table)
    names = [f"{len(modes)} failure {'mode' if len(modes) == 1 else 'modes'}" for modes in versions.modes]
    rates = [f"{landscape.failure_rate:.1%} of edited items fail" for landscape in versions.landscapes]
    console.print(f"explored: {rates[0]}, {names[0]} → {rates[1]}, {names[1]}", markup=False, soft_wrap=True)


def tell_effects(console: Console, found: BeforeAfter) -> None:
    """Print before and after, on held-out items."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(f"held-out {found.nouns.items}")
    for heading in ("before", "after", "change (95 %)", "pairs"):
        table.add_column(heading, justify="right")
    for effect in [found.targeted, *(found.modes if len(found.modes) > 1 else []), found.untouched, found.clean]:
        table.add_row(Text(("· " if effect in found.modes else "") + effect.what), *cells(effect))
    console.print(table)
    was, became, change = cells(found.clean_score)[:3]
    console.print(f"{found.clean_score.what}, unedited: {was} → {became}, {change}; more is better", soft_wrap=True)
    harmed = found.harmed
    verdict = "none" if not harmed else f"{len(harmed)}"
    console.print(
        f"{verdict} of {len(found.points)} untouched points became worse by more than 2 points beyond their interval; "
        f"{len(found.new_failures):,} of {len(found.table):,} pairs fail that did not before",
        soft_wrap=True,
    )
    for cost in found.costs:
        console.print(f"  worse: {cost}", markup=False, soft_wrap=True, style="yellow")
    for effect in harmed[:MANY_HARMED]:
        console.print(f"  worse: {effect.what}", *cells(effect)[:3], markup=False, soft_wrap=True, style="yellow")


def cells(effect: Effect) -> Sequence[str]:
    """An effect as cells of a table."""
    change = f"{100 * effect.change:+.1f} ({100 * effect.low:+.1f} to {100 * effect.high:+.1f})"
    return f"{effect.before:.1%}", f"{effect.after:.1%}", change, f"{effect.n:,}"
