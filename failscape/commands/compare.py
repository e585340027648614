"""``failscape compare``: two runs of one grid: an exploration and a scan, two seeds, or a target before and after."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from failscape.commands.options import add_imports
from failscape.commands.values import positive


def add(parsers: Any) -> None:
    """Register the subcommand."""
    parser = parsers.add_parser("compare", help="compare two runs, or a target before and after", description=__doc__)
    parser.add_argument("a", type=Path, metavar="A", help="run folder; the target before")
    parser.add_argument("b", type=Path, metavar="B", help="run folder; the target after")
    parser.add_argument(
        "--top", type=positive, default=10, metavar="K", help="worst points to look for in both (default: 10)"
    )
    parser.add_argument(
        "--queries",
        type=positive,
        metavar="N",
        help="where the targets differ: asked of either at most, on held-out items (default: as many as the fine-tune "
        "asked, 20000 where there is no record of one)",
    )
    add_imports(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON")
    parser.set_defaults(run=run, about=lambda args: f"{args.a} → {args.b}")


def run(args: argparse.Namespace) -> int:
    """Print the comparison."""
    from dataclasses import asdict

    from failscape.terminal.output import Terminal, opening, table

    with opening():
        from failscape.analysis.landscape.comparison import OF_WALKS
        from failscape.records.folder import write_json
        from failscape.workflows.compare import same_target
        from failscape.workflows.run import Run, compare

    before, after = Run(args.a), Run(args.b)
    terminal = Terminal()
    if same_target(before, after):
        comparison = compare(before, after, args.top)
        shown = table("what", "value", left="what", header=False)
        for label, value in comparison.rows():
            shown.add_row(label, value)
        terminal.line(" → ".join(comparison.names))
        terminal.print(shown)
        if comparison.walked:
            terminal.line(f"note: {OF_WALKS}", style="yellow")
        if args.json:
            write_json(args.json, asdict(comparison))
    else:
        from failscape.terminal.mitigate import compare_command

        compare_command(terminal, before, after, queries=args.queries, imports=args.imports, figures=args.json)
    return 0
