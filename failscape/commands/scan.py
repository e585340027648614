"""``failscape scan``: every item at every point of the grid, the truth to compare an exploration with."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any

from failscape.commands.options import add_environment, add_run, explored, refuse_beside_resume, settings_from


def add(parsers: Any) -> None:
    """Register the subcommand."""
    parser = parsers.add_parser("scan", help="evaluate every item at every point", description=__doc__)
    parser.add_argument(
        "like", nargs="?", type=Path, metavar="RUN", help="scan what this run explored; or give options"
    )
    add_environment(parser)
    add_run(parser)
    parser.set_defaults(run=run, about=about)


def about(args: argparse.Namespace) -> str:
    """What is scanned."""
    return f"scan of {args.like}" if args.like and not args.resume else explored(args)


def run(args: argparse.Namespace) -> int:
    """Scan."""
    from failscape.terminal.output import opening

    if args.resume:
        refuse_beside_resume(args)
    with opening(args.quiet):
        from failscape.agents.registry import load_hyperparameters
        from failscape.terminal.explore import explore_command
        from failscape.workflows.run import Run

    if args.resume:
        return explore_command(args, None)
    if not args.like:
        return explore_command(args, settings_from(args, "scan"))
    like = Run(args.like)
    settings = like.code(args.imports)
    overrides = {"num_envs": args.num_envs} if args.num_envs else {}
    hyperparameters = load_hyperparameters("scan", settings.env, overrides)
    settings = dataclasses.replace(settings, explorer="scan", hyperparameters=hyperparameters)
    return explore_command(args, settings, like)
