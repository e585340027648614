"""``failscape landscape``: what the probes of a run say so far."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add(parsers: Any) -> None:
    """Register the subcommand."""
    parser = parsers.add_parser("landscape", help="the failure landscape of a run", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="RUN")
    parser.add_argument("--top", type=int, default=10, metavar="N", help="worst points to show (default: 10)")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the landscape, one row per point")
    parser.add_argument("--export", type=Path, metavar="FILE", help="write every probe, as .parquet or .csv")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="write the rotatable 3-D landscape (.html) or a picture (.png)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print, and write what was asked for."""
    from rich.console import Console

    from failscape.exploring import worst_table
    from failscape.runs import Run

    explored = Run(args.folder)
    landscape = explored.landscape()
    console = Console(highlight=False)
    console.print(repr(landscape), markup=False)
    console.print(worst_table(landscape, args.top))
    if args.csv:
        landscape.to_frame().to_csv(args.csv, index_label="point")
    if args.export:
        store = explored.folder.store()
        store.export(args.export)
        store.close()
    if args.plot:
        from failscape.analysis.plots import save_landscape

        save_landscape(landscape, args.plot)
    for path in (args.csv, args.export, args.plot):
        if path:
            console.print("wrote", str(path), markup=False)
    return 0
