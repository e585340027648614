"""How often a target fails, as a person reads it at a terminal: over all, and by each column of a table."""

from __future__ import annotations

from rich.console import Console

from failscape.analysis.landscape import Landscape
from failscape.analysis.marginals import marginals
from failscape.common.nouns import Nouns
from failscape.runs import Run


def tell_rate(console: Console, landscape: Landscape, nouns: Nouns) -> None:
    """Print how often the target fails, in a line."""
    if landscape.population is not None:
        n, read = int(landscape.table["visits"].sum()), "" if landscape.is_complete else " that were read"
        return console.print(f"[bold]{landscape.failure_rate:.1%} of {n:,} {nouns.items} fail[/]{read}")
    baseline = f"; unedited, {landscape.baseline:.1%} of {landscape.n_baseline:,} do" if landscape.has_unedited else ""
    console.print(f"[bold]{landscape.failure_rate:.1%} of edited items fail[/]{baseline}")


def tell_columns(console: Console, run: Run, landscape: Landscape) -> None:
    """Print how often each value of each column fails, where the grid is one of columns."""
    for marginal in marginals(landscape, run.probes(), run.items()):
        levels = ", ".join(f"{level.name} {level.rate:.0%}" for level in marginal.levels if level.n)
        console.print(f"{marginal.axis}: {levels}", markup=False, soft_wrap=True)
