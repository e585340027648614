"""``failscape landscape``: what the probes of a run say so far."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from failscape.commands.values import positive
from failscape.common.format import interval, percent

if TYPE_CHECKING:
    from failscape.analysis.landscape.landscape import Landscape
    from failscape.workflows.run import Run


def add(parsers: Any) -> None:
    """Register the subcommand."""
    parser = parsers.add_parser("landscape", help="the failure landscape of a run", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="RUN", help="a run, finished or not")
    parser.add_argument(
        "--top",
        type=positive,
        default=10,
        metavar="N",
        help="worst points to show, of a walk the likeliest edits (default: 10)",
    )
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the landscape, one row per point")
    parser.add_argument("--export", type=Path, metavar="FILE", help="write every probe, as .parquet or .csv")
    parser.add_argument(
        "--plot", type=Path, metavar="FILE", help="write the rotatable 3-D landscape (.html) or a picture (.png)"
    )
    parser.add_argument(
        "--use",
        nargs="+",
        default=[],
        metavar="CONCEPT=HOW",
        help="failure rate in use, such as --use 'rotation=normal(0,3)' 'darken=uniform(0,0.3)' "
        "saturation=0.7; of texts, how often each edit is made: --use lower-case=3 negate=1",
    )
    parser.set_defaults(run=run, about=lambda args: f"landscape of {args.folder}")


def run(args: argparse.Namespace) -> int:
    """Print, and write what was asked for."""
    from failscape.commands.options import key_values
    from failscape.terminal.output import Terminal, opening

    use = key_values("--use", args.use)
    with opening():
        from failscape.common.atomic_write import write_all
        from failscape.terminal.explore import print_minimal_edits, print_modes, worst_table
        from failscape.workflows.run import Run

    explored = Run(args.folder)
    landscape = explored.landscape()
    terminal = Terminal()
    if explored.settings.human_model:
        terminal.line(f"reward: {explored.settings.human_model}")
    if (smallest := explored.smallest()) is not None:
        print_minimal_edits(terminal, smallest, args.top)
    if not explored.walked:
        terminal.line(repr(landscape))
        if smallest is None:
            print_modes(terminal, explored.found_modes())
        terminal.print(worst_table(landscape, args.top))
    if use:
        rate, low, high = explored.risk(use)
        terminal.line(f"in use, {percent(rate)} of items fail (95 % interval {interval(low, high)})")
    writers = [
        (args.csv, lambda path: landscape.to_frame().to_csv(path, index_label="point")),
        (args.export, lambda path: export_probes(explored, path)),
        (args.plot, lambda path: save_plot(landscape, path, args.plot)),
    ]
    for path in write_all([(path, write) for path, write in writers if path]):
        terminal.line("wrote", path)
    return 0


def export_probes(run: Run, path: Path) -> None:
    """Write every probe."""
    store = run.folder.store()
    try:
        store.export(path)
    finally:
        store.close()


def save_plot(landscape: Landscape, path: Path, called: Path) -> None:
    """Write the landscape as a page that needs no network (``.html``), or as a picture; ``called`` is for messages."""
    from failscape.analysis.plots.landscape import landscape_figure, landscape_picture
    from failscape.analysis.plots.style import CONFIG, own_text
    from failscape.errors import UsageError

    if path.suffix == ".html":
        landscape_figure(landscape).write_html(path, config=dict(CONFIG))
        return
    try:
        with own_text():
            landscape_picture(landscape).savefig(path)
    except ValueError as error:  # a format that matplotlib does not write
        raise UsageError(f"cannot write {called}: {error}") from error
