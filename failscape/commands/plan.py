"""``failscape plan``: what a run can find, how precisely, and what it costs, before it is paid for.

Without an environment, from numbers: ``failscape plan --points 5x5x5 --items 4000 --n-groups 16``. With
``--env``, ``--target`` or ``--data``, items, groups and grid are theirs, and speed and base rate are measured on eight
batches.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from failscape.commands.options import ENV, add_environment, settings_from
from failscape.commands.values import above_zero, part, positive, share
from failscape.errors import UsageError

NUMBERS = {"points": "--points", "items": "--items", "n_groups": "--n-groups"}  # what an environment says instead


def add(parsers: Any) -> None:
    """Register the subcommand."""
    parser = parsers.add_parser("plan", help="what a run can find, before it is paid for", description=__doc__)
    group = parser.add_argument_group("how large the run is")
    group.add_argument(
        "--points", metavar="LEVELS", help="of the grid of edits: the levels of each axis, as in 5x5x5, or one number"
    )
    group.add_argument("--items", type=positive, metavar="N", help="images or texts, explored and held out together")
    group.add_argument(
        "--n-groups",
        type=positive,
        metavar="N",
        help="classes or topics, of equal size (default: 1)",
    )
    group.add_argument(
        "--budget", type=positive, metavar="N", help="evaluations of the target for the search (default: 20000)"
    )
    group.add_argument(
        "--base-rate",
        type=share,
        metavar="X",
        help="failure rate, from 0 to 1, of unedited items and of edited ones outside of the mode (default: 0.05; of "
        "an environment, measured)",
    )
    group.add_argument(
        "--speed",
        type=above_zero,
        metavar="Q",
        help="queries per second (default: of an environment, measured; else none)",
    )
    group.add_argument(
        "--covers",
        type=part,
        default=0.1,
        metavar="SHARE",
        help="of the grid: size of the mode that is to be found (default: %(default)s)",
    )
    group.add_argument("--json", type=Path, metavar="PATH", help="write what was computed here")
    add_environment(parser, env=None)
    parser.set_defaults(run=run, about=about, overrides=[], seed=0, num_envs=None)


def about(args: argparse.Namespace) -> str:
    """What is planned."""
    return f"plan of a run of {args.env or ENV}" if from_environment(args) else "plan of a run"


def from_environment(args: argparse.Namespace) -> bool:
    """Whether the user names something to measure."""
    return any(value is not None for value in (args.env, args.target, args.data, args.concepts))


def run(args: argparse.Namespace) -> int:
    """Plan."""
    from failscape.terminal.output import opening

    if not from_environment(args):
        with opening():
            from failscape.terminal.plan import plan_numbers

        return plan_numbers(args)
    for name, option in NUMBERS.items():
        if getattr(args, name) is not None:
            raise UsageError(f"{option} is taken from the environment; leave it out, or name no environment")
    with opening():
        from failscape.agents.registry import default_explorer
        from failscape.terminal.plan import plan_environment

    args.env = args.env or ENV
    return plan_environment(args, settings_from(args, default_explorer(args.explore, args.env)))
