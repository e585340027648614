"""Exploration as the command line shows it: what will happen, how far it is, what was found, what to do next."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

import numpy as np

from failscape.analysis.findings import findings_of
from failscape.analysis.landscape.left_out import left_out
from failscape.common.format import counted, duration, interval, percent
from failscape.common.nouns import PLAIN, Nouns
from failscape.common.task import task_of_env
from failscape.envs.gym_views import ConceptVectorEnv, explorable
from failscape.errors import Stopped
from failscape.records.folder import RunFolder
from failscape.settings import Settings
from failscape.targets.base import device_of
from failscape.terminal.output import Steps, Table, Terminal, steps, table
from failscape.terminal.plan import brief, spending
from failscape.terminal.rates import tell_columns, tell_rate
from failscape.workflows.environment import build, complete
from failscape.workflows.explore import start
from failscape.workflows.plan import plannable
from failscape.workflows.resume import resume
from failscape.workflows.run import Run
from failscape.workflows.stopping import stopped

if TYPE_CHECKING:
    from failscape.agents.session import Progress as Standing
    from failscape.agents.session import Session
    from failscape.analysis.landscape.landscape import Landscape
    from failscape.analysis.landscape.minimal_edits import Smallest
    from failscape.analysis.modes.mode import Mode


def explore_command(
    args: argparse.Namespace, settings: Settings | None, like: Run | None = None, *, by_default: bool = False
) -> int:
    """Explore as ``args`` say.

    Args:
        args: of the command line.
        settings: of the run; None where one is resumed.
        like: has the items and weights.
        by_default: the user named no explorer, which is told.
    """
    terminal = Terminal(quiet=args.quiet)
    folder = RunFolder(args.resume) if args.resume else None
    if settings is None:
        assert folder is not None
        settings = Run(folder).code(args.imports)
    try:
        with steps(terminal) as tell:
            envs = build(settings, of=folder, progress=tell)
            if like is not None:
                like.identity.expect(envs.mdp.baseline.identity, like.folder.path)
            settings = complete(settings, envs)
            tell("measuring how fast the target answers")
            preview(terminal, envs, settings, by_default=by_default)
            with watching(terminal, tell, settings.hyperparameters["budget"]) as screen:
                options: dict[str, Any] = {"listeners": [screen.show], "on_session": screen.watch}
                options |= {"report": not args.no_report, "step": tell}
                if folder is None:
                    found = start(envs, settings, args.out, command=sys.argv, **options)
                else:
                    found = resume(folder, envs, imports=args.imports, **options)
        folder = found.folder
        print_findings(Terminal(), found, envs.mdp.nouns, envs.mdp.target.task)
    except KeyboardInterrupt as stop:
        if folder is None or isinstance(stop, Stopped):
            raise
        raise stopped(folder, settings) from None
    return 0


def seconds_per_query(envs: ConceptVectorEnv) -> float:
    """What an edit and an answer of the target take in the run's batches; the first of two warms up."""
    mdp = envs.mdp
    items = np.resize(explorable(mdp), envs.num_envs)
    if mdp.scheme.path_length:  # a walk need not reach every point
        state = mdp.transition(mdp.initial(items), np.arange(envs.num_envs) % mdp.scheme.n_actions)
    else:
        state = mdp.at(items, mdp.space.point(np.arange(envs.num_envs) % mdp.space.n_points))
    for _ in range(2):
        start = time.perf_counter()
        mdp.evaluate(state)
    return (time.perf_counter() - start) / envs.num_envs


def preview(terminal: Terminal, envs: ConceptVectorEnv, settings: Settings, *, by_default: bool = False) -> None:
    """Print what will be explored and what it will cost; ``by_default`` where the user named no explorer."""
    mdp, budget = envs.mdp, settings.hyperparameters["budget"]
    n_held_out = int(mdp.items.held_out.sum())
    n_explore = len(mdp.items) - n_held_out
    n_points, remembered = int(mdp.space.exists.sum()), settings.hyperparameters["memory"]
    ends_early = not mdp.scheme.walks and n_explore * n_points <= remembered  # no pair is asked twice
    asked = min(budget, n_explore * n_points) if ends_early else budget
    needed = duration(seconds_per_query(envs) * asked)
    spent = spending(budget, n_explore, n_points) if asked < budget else f"budget {counted(budget, 'query', 'queries')}"
    cost = (
        f"{spent}, of which the target needs about {needed} on {device_of(mdp.target)}; "
        "what is found is measured beside that, on held-out items"
    )
    what = "items"
    if not mdp.has_unedited:
        what, cost = mdp.nouns.items, f"{budget:,} {mdp.nouns.items} are read: about {needed}"
    named = f"{settings.explorer} (the default here; --algo names another)" if by_default else settings.explorer
    rows = [
        ("target", repr(mdp.target)),
        ("data", f"{mdp.data_name} · {len(mdp.items):,} {what} ({n_explore:,} explore, {n_held_out:,} held out)"),
        ("concepts", "; ".join(part for part in (str(mdp.space), left_out(mdp.space)) if part)),
        ("explorer", f"{named}, {counted(envs.num_envs, 'environment')}, seed {settings.seed}"),
        *([("reward", settings.human_model)] if settings.human_model else []),
        ("cost", cost),
        *([("finds", brief(mdp, budget))] if plannable(mdp) else []),
    ]
    for label, text in rows:
        terminal.line(f"{label:<9}", text)
    if mdp.items.skipped:
        from failscape.data import reasons

        n_all = len(mdp.items) + len(mdp.items.skipped)
        why = reasons(mdp.items.skipped)
        terminal.line(
            f"warning: {len(mdp.items.skipped):,} of {counted(n_all, 'item')} skipped ({why})", style="yellow"
        )
    for note in (*mdp.items.notes, *mdp.items.about_copies, *mdp.baseline.caveats.tolist()):
        terminal.line(f"warning: {note}", style="yellow")


class Screen:
    """How far it is, and Ctrl-C: once stops after this batch; twice, or where all is asked, stops at once."""

    def __init__(self, terminal: Terminal, tell: Steps, budget: int) -> None:
        self.terminal, self.tell, self.budget = terminal, tell, budget
        self.session: Session | None = None
        self._clock = time.perf_counter()

    def watch(self, session: Session, folder: RunFolder) -> None:
        """Take over Ctrl-C for a session."""
        self.session = session
        self._clock = time.perf_counter()
        self.terminal.line("run      ", folder.path)

    def show(self, standing: Standing) -> None:
        """Say where it stands."""
        seconds = time.perf_counter() - self._clock
        rate = standing.n_queries / seconds if seconds > 0 else 0.0
        word = f"{rate:,.0f} queries/s · {counted(standing.n_failures, 'failure')}"
        self.tell("exploring", min(standing.n_queries, self.budget), self.budget, word)

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        """Handle SIGINT."""
        if self.session is None or self.session.done:
            raise KeyboardInterrupt
        self.session.stopped = True
        self.terminal.line("stopping after this batch ...")


@contextmanager
def watching(terminal: Terminal, tell: Steps, budget: int) -> Iterator[Screen]:
    """A screen that knows of Ctrl-C."""
    screen = Screen(terminal, tell, budget)
    before = signal.signal(signal.SIGINT, screen.interrupt)
    try:
        yield screen
    finally:
        signal.signal(signal.SIGINT, before)


def print_findings(terminal: Terminal, run: Run, nouns: Nouns = PLAIN, task: str = "") -> None:
    """Print what was found, how sure it is, and what to do next; ``task`` is that of the target."""
    landscape, summary, smallest = run.landscape(), run.summary, run.smallest()
    terminal.line()
    if run.settings.human_model:
        terminal.line(f"reward: {run.settings.human_model}")
    if smallest is not None:
        print_minimal_edits(terminal, smallest)
    else:
        tell_rate(terminal, landscape, nouns)
        print_modes(terminal, run.found_modes())
        tell_columns(terminal, run, landscape)
        terminal.print(worst_table(landscape))
    own = findings_of(task)
    if own and "findings" in summary:
        for told in own.lines(summary["findings"]):
            terminal.line(told)
    if left_out(landscape.space):
        terminal.line(left_out(landscape.space))
    learner = summary.get("learner") or {}
    if learner.get("lift"):
        low, high = learner["lift_interval"]
        terminal.line(
            f"the agent breaks {percent(learner['greedy_rate'])} of {learner['n_held_out']} held-out items with one "
            f"edit of each, a random edit {percent(learner['random_rate'])} (mean of {learner['n_random_draws']} of "
            f"each): lift {learner['lift']:.2f} ({low:.2f}–{high:.2f})"
        )
    for doubt in summary.get("warnings", []):
        terminal.line(f"note: {doubt}", style="yellow")
    terminal.line()
    path = run.folder.path
    if (path / "report.html").exists():
        terminal.line("report      ", path / "report.html")
    terminal.line("TensorBoard ", f"tensorboard --logdir {path.parent}")
    for label, (command, what) in zip(("next", "", "", ""), suggestions(run, smallest), strict=False):
        terminal.line(f"{label:<12}", command, f"  {what}")


def suggestions(run: Run, smallest: Smallest | None) -> list[tuple[str, str]]:
    """Commands to go on with, and what each is for."""
    path, found, code = run.folder.path, [], run.settings.import_option
    probe = _first_failure(run)
    if probe is not None:
        found.append((f"failscape show {path} {probe}{code}", "re-create the worst failure"))
    if smallest is None and any(mode.confirmed for mode in run.found_modes()):
        found.append((f"failscape feedback {path}{code}", "rate what matters"))
        task = task_of_env(run.settings.env)
        if task is None or task.trainer is not None:
            found.append((f"failscape fade {path}{code}", "fine-tune it and explore again"))
    if run.settings.explorer != "scan" and smallest is None:
        found.append((f"failscape scan {path}{code}", "the whole truth, to compare with"))
    return found


def print_modes(terminal: Terminal, modes: Sequence[Mode]) -> None:
    """Print the failure modes, how sure each is, and what people said of them, where they did."""
    from failscape.analysis.report.mode_table import found_text, mode_cells

    if not modes:
        return terminal.line(found_text(modes))
    terminal.line(f"Found {found_text(modes)}")
    heads, rows = mode_cells(modes)
    shown = table("#", *heads, left="rule")
    for rank, cells in enumerate(rows, 1):
        shown.add_row(str(rank), *cells)
    terminal.print(shown)


def print_minimal_edits(terminal: Terminal, smallest: Smallest, n: int = 5) -> None:
    """Print how little breaks how many items."""
    found = smallest.table
    middle = f"; median {found['levels'].median():g} levels" if len(found) else ""
    terminal.line(f"{len(found):,} of {counted(smallest.n_items, 'item')} broken by some edit{middle}", style="bold")
    if not len(found):
        return
    edits = "likeliest failing edits"
    shown = table("#", edits, "levels", "log-likelihood", "items broken", "probe", left=edits)
    broken = found["edit"].value_counts().to_dict()
    for rank, row in enumerate(found.drop_duplicates("edit").head(n).itertuples(), 1):  # the likeliest stand first
        cells = (row.edit, row.levels, f"{row.log_likelihood:.2f}", f"{broken[str(row.edit)]:,}", row.probe)
        shown.add_row(str(rank), *map(str, cells))
    terminal.print(shown)


def worst_table(landscape: Landscape, n: int = 5) -> Table:
    """The worst points as a table."""
    shown = table("#", "worst points", "fails", "(95 % interval)", "probes", left="worst points")
    for rank, (point, row) in enumerate(landscape.worst(n).iterrows(), 1):
        between = f"({interval(row['smoothed_low'], row['smoothed_high'])})"
        shown.add_row(str(rank), landscape.label(point), percent(row["smoothed"]), between, f"{row['visits']:.0f}")
    return shown


def _first_failure(run: Run) -> int | None:
    smallest = run.smallest()
    if smallest is not None:
        return int(smallest.table["probe"].iloc[0]) if len(smallest.table) else None
    from failscape.analysis.examples.selection import choose

    rows = choose(run.probes(), run.items(), run.landscape().worst(1).index.tolist(), 1)
    return int(rows.index[0]) if len(rows) else None
