"""``failscape fade``: fine-tune the target of a run, explore what it became with a fresh agent, compare."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from failscape.commands.mitigate import add_training
from failscape.commands.options import parse_overrides
from failscape.commands.values import positive


def add(parsers: Any) -> None:
    """Register the subcommand."""
    parser = parsers.add_parser("fade", help="fine-tune a run's target, explore it again, compare", description=__doc__)
    parser.add_argument("source", type=Path, metavar="RUN", help="a finished run")
    add_training(parser)
    parser.add_argument(
        "--mitigated",
        type=Path,
        metavar="FOLDER",
        help="fine-tuned already, or interrupted: go on from there",
    )
    parser.add_argument(
        "--seeds",
        type=positive,
        default=1,
        metavar="N",
        help="explorations of either version (default: 1); from 2 on, shifts are judged by how much seeds differ",
    )
    parser.add_argument(
        "--budget",
        type=positive,
        metavar="N",
        help="queries of each exploration of the fine-tuned target (default: as many as RUN had)",
    )
    parser.add_argument("--quiet", action="store_true", help="print results only")
    parser.set_defaults(run=run, about=lambda args: f"fine-tune, explore again, compare: {args.source}")


def run(args: argparse.Namespace) -> int:
    """Fade."""
    from failscape.terminal.output import opening

    overrides = parse_overrides(args.overrides)
    with opening(args.quiet):
        from failscape.terminal.mitigate import fade_command

    fade_command(args, args.modes, overrides)
    return 0
