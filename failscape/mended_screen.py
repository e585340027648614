"""A mitigation as the command line shows it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from failscape import __version__
from failscape.analysis.effects import Effect
from failscape.before_after import BeforeAfter
from failscape.envs.mdp import ConceptMDP
from failscape.mending import Listeners, Mended, Plan, go_on, mitigate
from failscape.mitigation import Epoch
from failscape.mitigation.recipe import MEANINGS

MANY_HARMED = 5  # harmed points that are named


def mend_command(args: argparse.Namespace, numbers: list[int] | None, settings: Mapping[str, Any]) -> Mended:
    """Mend as ``args`` say, with progress; prints what came of it."""
    console = Console(quiet=args.quiet, highlight=False)
    with showing(console) as listeners:
        if args.resume is not None:
            mended = go_on(args.resume, listeners)
        else:
            mended = mitigate(
                args.source,
                numbers,
                args.how,
                settings=settings,
                queries=args.queries,
                out=args.out,
                imports=args.imports,
                listeners=listeners,
            )
    tell_mended(Console(highlight=False), mended)
    return mended


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
    recipe = plan.recipe
    console.print(f"[bold]failscape {__version__}[/] · mending the target of {plan.run}")
    named = "; ".join(f"{number} ({name})" for number, name in zip(plan.numbers, plan.modes, strict=True))
    rows = [
        ("target", repr(mdp.target)),
        ("modes", named),
        (
            "how",
            f"{recipe['how']}: {MEANINGS[recipe['how']]}; {recipe['epochs']} epochs at most, seed {recipe['seed']}",
        ),
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


def tell_mended(console: Console, mended: Mended) -> None:
    """Print what came of a mitigation, and what to do next."""
    console.print()
    tell_effects(console, mended.before_after)
    console.print()
    for label, text in (
        ("mended      ", f"{mended.folder} (epoch {mended.tuned.best} of {len(mended.tuned.history) - 1})"),
        (
            "next        ",
            f"failscape fade {Plan.load(mended.folder).run} --mended {mended.folder}   explore it again and compare",
        ),
        ("            ", f"--target '{mended.uri}'   use it anywhere"),
    ):
        console.print(label, text, markup=False, soft_wrap=True)


def tell_effects(console: Console, found: BeforeAfter) -> None:
    """Print before and after, on held-out items."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("held-out items", "before", "after", "change (95 %)", "pairs"):
        table.add_column(heading, justify="left" if heading == "held-out items" else "right")
    for effect in [found.targeted, *(found.modes if len(found.modes) > 1 else []), found.untouched, found.clean]:
        table.add_row(Text(("· " if effect in found.modes else "") + effect.what), *cells(effect))
    console.print(table)
    harmed = found.harmed
    verdict = "none" if not harmed else f"{len(harmed)}"
    console.print(
        f"{verdict} of {len(found.points)} untouched points became worse by more than 2 points beyond their interval; "
        f"{len(found.new_failures):,} of {len(found.table):,} pairs fail that did not before",
        soft_wrap=True,
    )
    for effect in harmed[:MANY_HARMED]:
        console.print(f"  worse: {effect.what}", *cells(effect)[:3], markup=False, soft_wrap=True, style="yellow")


def cells(effect: Effect) -> Sequence[str]:
    """An effect as cells of a table."""
    change = f"{100 * effect.change:+.1f} ({100 * effect.low:+.1f} to {100 * effect.high:+.1f})"
    return f"{effect.before:.1%}", f"{effect.after:.1%}", change, f"{effect.n:,}"
