"""``failscape check``: pass or fail by the landscape of a run, for continuous integration."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from failscape.commands.values import share


def add(parsers: Any) -> None:
    """Register the subcommand."""
    parser = parsers.add_parser(
        "check",
        help="exit with 1 where a run fails too often",
        description="Exit with 0 where the target holds, 1 where it fails too often, 2 where that cannot be told.",
    )
    parser.add_argument("folder", type=Path, metavar="RUN", help="a run that jumped or scanned, finished or not")
    parser.add_argument(
        "--max-failure-rate",
        type=share,
        required=True,
        metavar="X",
        help="share of edited items that may fail, from 0 to 1",
    )
    parser.add_argument(
        "--point",
        choices=("mean", "worst"),
        default="mean",
        help="hold the mean over edits (default) or the worst edit to it",
    )
    parser.set_defaults(run=run, about=lambda args: f"check of {args.folder}")


def run(args: argparse.Namespace) -> int:
    """Compare the rate with the limit."""
    from failscape.errors import UsageError
    from failscape.terminal.output import Terminal, opening

    with opening():
        from failscape.workflows.run import Run

    explored = Run(args.folder)
    landscape = explored.landscape()
    if landscape.n_probes == 0:
        raise UsageError(f"{args.folder} has no probes to check; finish it with --resume {args.folder}")
    explored.expect_rates()
    if args.point == "worst":
        row = landscape.worst(1).iloc[0]
        rate, what = float(row["smoothed"]), landscape.label(row.name)
    else:
        rate, what = landscape.failure_rate, "edited items" if landscape.population is None else "all rows"
    held = rate <= args.max_failure_rate
    sign = "≤" if held else ">"
    found, limit = (f"{100 * value:.1f}\u00a0%" for value in (rate, args.max_failure_rate))  # as exact as limits are
    Terminal().line(f"{'ok' if held else 'FAILED'}: {what}: {found} {sign} {limit}")
    return 0 if held else 1
