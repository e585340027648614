"""``failscape show``: one probe of a run, made again from its row."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from failscape.commands.options import add_imports
from failscape.commands.values import whole


def add(parsers: Any) -> None:
    """Register the subcommand."""
    parser = parsers.add_parser("show", help="re-create one probe of a run", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="RUN", help="a run, finished or not")
    parser.add_argument("probe", type=whole, metavar="PROBE", help="its number, as reports and landscapes name it")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="picture or text, before and after (default: in RUN/exemplars)"
    )
    add_imports(parser)
    parser.set_defaults(run=run, about=lambda args: f"probe {args.probe} of {args.folder}")


def run(args: argparse.Namespace) -> int:
    """Ask the target again, and say whether it answers as recorded."""
    from failscape.terminal.output import Terminal, opening, steps

    with opening():
        from failscape.workflows.show import show_probe

    terminal = Terminal()
    with steps(terminal) as tell:
        text, agrees = show_probe(args.folder, args.probe, out=args.out, imports=args.imports, step=tell)
    terminal.lines(text)
    return 0 if agrees else 1
