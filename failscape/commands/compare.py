"""``failscape compare``: two landscapes of one grid, such as an exploration and a scan."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add(parsers: Any) -> None:
    """Register the subcommand."""
    parser = parsers.add_parser("compare", help="compare the landscapes of two runs", description=__doc__)
    parser.add_argument("a", type=Path, metavar="A", help="run folder")
    parser.add_argument("b", type=Path, metavar="B", help="run folder")
    parser.add_argument(
        "--top", type=int, default=10, metavar="K", help="worst points to look for in both (default: 10)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the comparison."""
    from dataclasses import asdict

    from rich.console import Console
    from rich.table import Table

    from failscape.records.folder import write_json
    from failscape.runs import compare

    comparison = compare(args.a, args.b, args.top)
    table = Table(box=None, pad_edge=False, show_header=False)
    for label, value in comparison.rows():
        table.add_row(label, value)
    console = Console(highlight=False)
    console.print(" → ".join(comparison.names), markup=False)
    console.print(table)
    if args.json:
        write_json(args.json, asdict(comparison))
    return 0
