"""``--compare COLUMN``: a run for each value of a column, and one page on which they stand side by side."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import Any

from failscape.common.format import counted, interval, percent
from failscape.common.task import resolved, task_of_env
from failscape.data.recorded.open import open_parts
from failscape.errors import UsageError
from failscape.settings import Settings
from failscape.terminal.output import Terminal, steps, table
from failscape.workflows.environment import Tell, build, complete
from failscape.workflows.explore import start
from failscape.workflows.run import Run

PAGE = "compare.html"
MARGIN = 0.05  # p-value below which a difference is told


def compare_parts(args: argparse.Namespace, settings: Settings) -> int:
    """Run every part of the data, write the page, print a table.

    Raises:
        UsageError: the environment's data has no columns, or the column is one of the concepts.
    """
    column, make = args.compare, settings.make
    task = task_of_env(settings.env)
    if task is None or task.parts is None:
        raise UsageError(
            f"{settings.env} has no columns to compare by; --compare is for tables (failscape/Recorded-v0)"
        )
    if "data" not in make:
        raise UsageError(f"--compare {column} splits a table: give --data 'answers.csv?failed=COLUMN:VALUE'")
    concepts = [make["concepts"]] if isinstance(make.get("concepts"), str) else list(make.get("concepts", ()))
    if column in concepts:
        raise UsageError(f"{column} is compared, so it cannot be a concept, too; leave it out of --concepts")
    parts: dict[str, str] = resolved(task.parts)(make["data"], column)
    terminal = Terminal(quiet=args.quiet)
    runs = {}
    with steps(terminal) as say:
        for value, data in parts.items():
            part = dataclasses.replace(settings, make={**make, "data": data})
            runs[value] = run_part(part, args, terminal, lambda what, *far, of=value: say(f"{of}: {what}", *far))
    page = write_page(args.out / PAGE, runs, str(make["data"]), concepts, column)
    print_comparison(Terminal(), page, args.out / PAGE)
    return 0


def run_part(settings: Settings, args: argparse.Namespace, terminal: Terminal, tell: Tell) -> Run:
    """Explore one part; a line says what it was."""
    envs = build(settings, progress=tell)
    run = start(envs, complete(settings, envs), args.out, command=sys.argv, report=not args.no_report, step=tell)
    terminal.line(f"{envs.mdp.target!r}: {run.folder.path}")
    return run


def write_page(path: Path, runs: dict[str, Run], data: str, concepts: list[str], column: str) -> Any:
    """Write the comparison of finished runs of one table; returns what it says."""
    from failscape.analysis.report.side_by_side import Side, SideBySide, write_side_by_side

    parts = open_parts(data, concepts, column)
    sides = [
        Side(name, run.landscape(), run.found_modes(), run.probes(), run.items(), _report(run, path.parent))
        for name, run in runs.items()
    ]
    page = SideBySide.of(column, Path(data.partition("?")[0]).name, sides, parts.units, paired=parts.is_paired)
    write_side_by_side(path, page)
    return page


def _report(run: Run, beside: Path) -> str:
    """Where a run's report lies, as a page in the folder ``beside`` links to it; empty where there is none."""
    report = run.folder / "report.html"
    return report.relative_to(beside).as_posix() if report.exists() else ""


def print_comparison(terminal: Terminal, page: Any, path: Path) -> None:
    """Print the models, the worst first, and which differ."""
    shown = table(page.column, "fails (95 %)", "answers", "worst", left="worst")
    shown.columns[0].justify = "left"
    for side in page.ranked:
        whole = side.whole
        worst = f"{side.modes[0].name} ({percent(side.modes[0].rate)})" if side.modes else "no part stands out"
        shown.add_row(side.name, f"{percent(whole.rate)} ({interval(whole.low, whole.high)})", f"{whole.n:,}", worst)
    terminal.line()
    terminal.line(f"{counted(page.n_answers, 'answer')} of {counted(len(page.sides), page.column)}; no model is asked")
    terminal.print(shown)
    for line in page.sentences:
        terminal.line(line)
    terminal.line()
    terminal.line("comparison  ", path)
