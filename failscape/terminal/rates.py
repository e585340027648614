"""How often a target fails, as a person reads it at a terminal: over all, and by each column of a table."""

from __future__ import annotations

from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.landscape.marginals import marginals
from failscape.common.format import percent
from failscape.common.nouns import Nouns
from failscape.terminal.output import Terminal
from failscape.workflows.run import Run


def tell_rate(terminal: Terminal, landscape: Landscape, nouns: Nouns) -> None:
    """Print how often the target fails, in a line."""
    if landscape.population is not None:
        n, read = int(landscape.table["visits"].sum()), "" if landscape.is_complete else " that were read"
        return terminal.line(f"{percent(landscape.failure_rate)} of {n:,} {nouns.items} fail{read}", style="bold")
    baseline = (
        f"; unedited, {percent(landscape.baseline)} of {landscape.n_baseline:,} do" if landscape.has_unedited else ""
    )
    terminal.line(f"{percent(landscape.failure_rate)} of edited items fail{baseline}", style="bold")


def tell_columns(terminal: Terminal, run: Run, landscape: Landscape) -> None:
    """Print how often each value of each column fails, where the grid is one of columns."""
    for marginal in marginals(landscape, run.probes(), run.items()):
        levels = ", ".join(f"{level.name} {percent(level.rate)}" for level in marginal.levels if level.n)
        terminal.line(f"{marginal.axis}: {levels}")
