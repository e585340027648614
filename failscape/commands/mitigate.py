"""``failscape mitigate``: fine-tune the target of a run on its failure modes, and compare it with what it was."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from failscape.commands.options import add_imports, parse_overrides
from failscape.commands.values import numbers, positive
from failscape.errors import UsageError


def add(parsers: Any) -> None:
    """Register the subcommand."""
    parser = parsers.add_parser(
        "mitigate", help="fine-tune the target of a run on its failure modes", description=__doc__
    )
    parser.add_argument("source", nargs="?", type=Path, metavar="RUN", help="a finished run")
    add_training(parser)
    parser.add_argument(
        "--out", type=Path, default=Path("runs"), metavar="DIR", help="where the folder goes (default: runs)"
    )
    parser.add_argument("--resume", type=Path, metavar="FOLDER", help="finish an interrupted mitigation")
    parser.add_argument("--quiet", action="store_true", help="print results only")
    parser.set_defaults(run=run, about=about)


def add_training(parser: argparse.ArgumentParser) -> None:
    """What to mitigate, and how."""
    group = parser.add_argument_group("what to mitigate, and how")
    group.add_argument(
        "--modes",
        type=numbers,
        metavar="N,N",
        help="numbers of its failure modes (default: the confirmed ones, ten at most)",
    )
    group.add_argument(
        "--by",
        choices=("share", "rate", "severity", "rating"),
        default="share",
        help="which modes come first where there are more than ten: by their share of all failures (default), their "
        "failure rate on held-out items, the severity of their failures, or people's ratings",
    )
    group.add_argument(
        "--method",
        metavar="NAME",
        help="full: all weights; lora: low-rank updates; head: the last layer of a classifier, as in Failures Are "
        "Fated; a trainer of your own has its own (default: the trainer's first: full, or lora for "
        "text-to-image models)",
    )
    group.add_argument(
        "--set",
        dest="overrides",
        nargs="+",
        default=[],
        metavar="KEY=VALUE",
        help="settings of the fine-tune: optimizer, lr, weight_decay, epochs, batch_size, clip, average, patience, "
        "balance, rank (of lora), validation, seed; of image classifiers distill, of summarizers rehearse, of "
        "text-to-image models steps, pictures, prior, text_encoder and images (a folder of good pictures); train.py "
        "--list shows their defaults; a large pretrained summarizer wants a smaller learning rate than the default: "
        "--set lr=3e-5",
    )
    group.add_argument(
        "--queries",
        type=positive,
        metavar="N",
        help="asked of either version at most, to compare them on held-out items (default: 20000; of a target that was "
        "fine-tuned already, as many as then)",
    )
    add_imports(group)


def about(args: argparse.Namespace) -> str:
    """What is done to what."""
    return f"going on with {args.resume}" if args.resume else f"fine-tuning the target of {args.source}"


def run(args: argparse.Namespace) -> int:
    """Mitigate."""
    from failscape.terminal.output import opening

    overrides = parse_overrides(args.overrides)
    if (args.resume is None) == (args.source is None):
        raise UsageError("give the folder of a finished run, or --resume with that of a mitigation")
    with opening(args.quiet):
        from failscape.terminal.mitigate import mitigate_command

    mitigate_command(args, args.modes, overrides)
    return 0
