"""``failscape audit``: the findings as a document for people who are not engineers, as HTML and PDF."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from failscape.commands.options import add_imports
from failscape.commands.values import positive


def add(parsers: Any) -> None:
    """Register the subcommand."""
    parser = parsers.add_parser("audit", help="the findings as a document for everybody", description=__doc__)
    parser.add_argument("source", type=Path, metavar="RUN", help="a finished run")
    parser.add_argument(
        "--after", type=Path, metavar="RUN", help="a run of the fine-tuned target: adds what was mitigated"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="where the files go (default: into the run)")
    parser.add_argument(
        "--queries",
        type=positive,
        metavar="N",
        help="with --after: asked of either version at most, on held-out items (default: as many as the "
        "fine-tune asked)",
    )
    add_imports(parser)
    parser.set_defaults(run=run, about=lambda args: f"audit of {args.source}")


def run(args: argparse.Namespace) -> int:
    """Write the document."""
    from failscape.terminal.output import Terminal, opening, steps

    with opening():
        from failscape.workflows.audit import audit

    terminal = Terminal()
    with steps(terminal) as tell:
        paths = audit(args.source, args.after, out=args.out, queries=args.queries, imports=args.imports, step=tell)
    for path in paths:
        terminal.line(path)
    return 0
