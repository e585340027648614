"""``failscape feedback``: people rate the failure modes of a run, and a reward model learns what they mind."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failscape.commands.options import add_imports, key_values
from failscape.commands.values import port, positive
from failscape.errors import Stopped, UsageError, did_you_mean

if TYPE_CHECKING:
    from failscape.feedback.raters import Rater
    from failscape.workflows.rate import RatingSession
    from failscape.workflows.run import Run

PORT = 7860
SIMULATED = {"noise": 1.0, "bias": 0.0, "spread": 1.0, "abstain": 0.0, "seed": 0.0}


def add(parsers: Any) -> None:
    """Register the subcommand."""
    parser = parsers.add_parser("feedback", help="rate the failure modes of a run", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="RUN", help="a finished run")
    parser.add_argument("--rater", metavar="NAME", help="who rates (the page asks where it is not given)")
    parser.add_argument(
        "--budget", type=positive, default=50, metavar="N", help="labels asked of each rater (default: 50)"
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--port", type=port, default=PORT, metavar="P", help="of the local page (default: %(default)s)")
    how.add_argument("--terminal", action="store_true", help="ask here instead of on a page")
    how.add_argument("--csv", type=Path, metavar="FILE", help="take ratings from a file that --export wrote, or alike")
    how.add_argument(
        "--simulate",
        metavar="KEY=VALUE,..",
        help="a made-up rater, to try things out, on the scale from 1 to 10: noise=1 (standard deviation, in points), "
        "bias=0 (points added to all it says), spread=1 (factor of how much of the scale it uses), abstain=0 (share of "
        "cases, from 0 to 1), seed=0; these are the defaults",
    )
    parser.add_argument("--export", type=Path, metavar="FILE", help="write all ratings as CSV, and ask for none")
    parser.add_argument(
        "--export-labels",
        type=Path,
        metavar="FILE",
        help="write what at least two people agree is no longer its class, for --labels FILE of a later run, and ask "
        "for no ratings",
    )
    add_imports(parser)
    parser.add_argument("--no-report", action="store_true", help="leave report.html as it is")
    parser.set_defaults(run=run, about=lambda args: f"ratings of {args.folder}")


def run(args: argparse.Namespace) -> int:
    """Collect ratings, then fit the model and draw the report again."""
    from failscape.terminal.output import Terminal, opening, steps

    simulated = simulation(args.simulate) if args.simulate is not None else None
    collects = bool(args.csv or simulated or args.terminal or not (args.export or args.export_labels))
    with opening():
        from failscape.records.ratings import FILE, RatingStore
        from failscape.records.ratings_csv import write_ratings
        from failscape.workflows.rate import RatingSession
        from failscape.workflows.run import Run

    explored, terminal = Run(args.folder), Terminal()
    if collects or args.export_labels:
        with steps(terminal) as tell_step:
            session = RatingSession(explored, imports=args.imports, step=tell_step)
    if collects:
        collect(session, args, simulated)
    if args.export_labels:
        write_labels(session, args.export_labels)
    if args.export:
        try:
            with RatingStore(explored.folder / FILE, read_only=True) as store:
                write_ratings(store.frame(), args.export)
        except KeyboardInterrupt:
            if collects:
                raise stopped(explored) from None
            raise
        terminal.line("wrote", args.export)
    return 0


def write_labels(session: RatingSession, path: Path) -> None:
    """Write what people agree that edits make of right answers.

    Raises:
        UsageError: there is nothing of the kind, or the disk refuses.
    """
    from failscape.common.format import counted
    from failscape.data.labels.effects import label_rules_text
    from failscape.records.folder import write_whole
    from failscape.terminal.output import Terminal
    from failscape.workflows.agreed_labels import agreed_labels

    agreed = agreed_labels(session, session.run.ratings())
    several = "altered by several edits at once, while a line of that file speaks of one"
    if not agreed.rules:
        why = f" that one line of the file can tell ({agreed.n_untold} were {several})" if agreed.n_untold else ""
        raise UsageError(
            f"nothing was written: in {session.run.folder.path} two people or more agree on no case{why} that it is no "
            "longer its class"
        )
    try:
        write_whole(path, label_rules_text(agreed.rules, session.mdp.answer_names))
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
    left = f"; {agreed.n_untold} left out: {several}" if agreed.n_untold else ""
    cases = counted(agreed.n_cases, "case that people agree on", "cases that people agree on")
    terminal = Terminal()
    terminal.line("wrote", path, f"  {counted(len(agreed.rules), 'line')} from {cases}{left}")
    known = session.run.settings.make.get("labels")
    terminal.line("next ", f"give it to a new run as --labels {path}{f', below the lines of {known}' if known else ''}")


def collect(session: RatingSession, args: argparse.Namespace, simulated: dict[str, float] | None) -> None:
    """Ratings from where they are to come from; the model and the report follow, even where it was interrupted.

    Raises:
        Stopped: it was interrupted, and there are ratings. On the page that is how rating ends.
    """
    interrupted = False
    try:
        interrupted = ask(session, args, simulated)
        print_ratings(session, report=not args.no_report)
    except KeyboardInterrupt:
        interrupted = True
    if interrupted:
        raise stopped(session.run)


def stopped(run: Run) -> KeyboardInterrupt:
    """What Ctrl-C raises where ratings were collected."""
    from failscape.common.format import counted
    from failscape.records.ratings import FILE

    n_ratings = len(run.ratings())
    return Stopped(f"{counted(n_ratings, 'rating')} in {run.folder / FILE}") if n_ratings else KeyboardInterrupt()


def ask(session: RatingSession, args: argparse.Namespace, simulated: dict[str, float] | None) -> bool:
    """Take ratings in; returns whether someone who was asked here broke off by Ctrl-C."""
    from failscape.records.ratings import RatingStore
    from failscape.terminal.output import Terminal

    if not (args.csv or simulated or args.terminal):
        from failscape.web.rating_app import serve

        serve(session, port=args.port, budget=args.budget, rater=args.rater)
    else:
        with RatingStore(session.path) as store:
            if args.csv:
                from failscape.records.ratings_csv import read_ratings
                from failscape.records.ratings_import import import_ratings

                imported = import_ratings(store, session.known(read_ratings(args.csv, session.cases)))
                Terminal().line(f"{imported} in", args.csv)
            else:
                rater = (
                    simulated_rater(session, args.rater, simulated)
                    if simulated
                    else terminal_rater(session, args.rater)
                )
                try:
                    session.ask(rater, store, args.budget)
                except KeyboardInterrupt:
                    Terminal().line()
                    return True
    return False


def simulation(text: str) -> dict[str, float]:
    """``noise=1,bias=0`` as numbers."""
    given = key_values("--simulate", [pair for pair in text.split(",") if pair])
    values = dict(SIMULATED)
    for key, value in given.items():
        if key not in SIMULATED:
            raise UsageError(f"--simulate knows no {key!r}{did_you_mean(key, SIMULATED)}")
        try:
            values[key] = float(value)
        except ValueError:
            raise UsageError(f"--simulate {key}: {value!r} is not a number") from None
        if not math.isfinite(values[key]):
            raise UsageError(f"--simulate {key}: {value!r} is not a number")
    if values["noise"] < 0 or not 0 <= values["abstain"] <= 1:
        raise UsageError("--simulate takes noise from 0 up and abstain, a share, from 0 to 1")
    return values


def simulated_rater(session: RatingSession, name: str | None, values: dict[str, float]) -> Rater:
    """One who minds failures as much as the target was sure of its wrong answers: 1 + 9 times the mean severity."""
    from failscape.feedback.raters import SimulatedRater

    severity = session.probes["severity"]
    return SimulatedRater(
        name or "simulated",
        lambda case: 1 + 9 * float(severity.loc[list(case.probes)].mean()),
        **{key: values[key] for key in ("noise", "bias", "spread", "abstain")},
        seed=int(values["seed"]),
    )


def terminal_rater(session: RatingSession, name: str | None) -> Rater:
    """A person here."""
    from failscape.feedback.raters import TerminalRater
    from failscape.terminal.cases import describe_case
    from failscape.terminal.output import Terminal

    try:
        name = name or input("your name: ").strip() or "me"
    except EOFError:
        raise UsageError("the input ended before anything was typed; name the rater by --rater NAME") from None
    return TerminalRater(
        name,
        lambda case: describe_case(session, case),
        input,
        Terminal().lines,
        lambda case: session.examples(case).question(),
    )


def print_ratings(session: RatingSession, *, report: bool) -> None:
    """Fit the models, draw the report again, and say what the ratings amount to."""
    from failscape.common.format import counted
    from failscape.terminal.cases import label_text, model_text
    from failscape.terminal.explore import print_modes
    from failscape.terminal.output import Terminal
    from failscape.workflows.finish import write_run_report

    ratings, terminal = session.run.ratings(), Terminal()
    if not len(ratings):
        return terminal.line("nothing was rated")
    given, raters = counted(len(ratings), "rating"), counted(ratings["rater"].nunique(), "rater")
    terminal.line(f"{given} by {raters} in", session.path)
    for line in model_text(session.save_models(ratings), ratings):
        terminal.line(line)
    print_modes(terminal, session.run.found_modes())
    for line in label_text(session):
        terminal.line(line)
    if report:
        terminal.line("report ", write_run_report(session.mdp, session.run))
    code = session.run.settings.import_option
    command = f"failscape train --reward human:{session.run.folder.path}{code}"
    terminal.line("next   ", f"{command}   explore for what people mind")
