"""Confounded pairs as the command line shows them, and the page that it writes."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

import pandas as pd

from failscape.analysis.pairs.confounded_page import ConfoundedPage, ShownConfounded, write_confounded_page
from failscape.analysis.pairs.differing import facts_that_differ
from failscape.common.format import counted
from failscape.terminal.output import Terminal, steps
from failscape.terminal.shown_pairs import alone, content, left_out, print_differing
from failscape.workflows.confounded import ConfoundedSearch, FoundConfounded, find_confounded, write_confounded


def confounded_command(args: argparse.Namespace, search: ConfoundedSearch, path: Path) -> int:
    """Find, print, write."""
    terminal, folder = Terminal(quiet=args.quiet), path.with_suffix("")
    with steps(terminal) as tell:
        found = find_confounded(search, folder, tell)
    write_confounded(found, path, folder)
    page = page_of(found, repeat_with(search, path))
    write_confounded_page(folder / "report.html", page)
    print_confounded(terminal, found, page)
    terminal.line(f"pairs     {path}")
    terminal.line(f"report    {folder / 'report.html'}")
    return 0


def print_confounded(terminal: Terminal, found: FoundConfounded, page: ConfoundedPage) -> None:
    """What was found."""
    data = f"{page.data} · " if page.data else ""
    counts = f"{counted(page.n_items, 'captioned picture')}{left_out(page.n_copies, page.n_skipped)}"
    terminal.line(f"data      {data}{counts}")
    for role, settings in found.settings.items():
        terminal.line(f"{role:<9} {settings}")
    terminal.line("")
    terminal.line(page.headline, style="bold")
    print_differing(terminal, page.differing, "confounded pairs")
    terminal.line("")


def page_of(found: FoundConfounded, command: str) -> ConfoundedPage:
    """The page's content, pictures included."""
    n_skipped = len(found.corpus.skipped)
    return ConfoundedPage(
        target=found.search.target,
        data=found.search.data,
        n_items=found.n_items,
        n_copies=found.n_copies,
        n_skipped=n_skipped,
        n_pairs=found.n_pairs,
        n_confounded=len(found.pairs),
        n_in_pairs=found.n_in_pairs,
        shown=[_shown(row, found, found.corpus.facts) for row in alone(found.pairs)],
        differing=found.differing,
        settings=[
            *found.settings.items(),
            ("copies, left out", f"{found.n_copies:,}"),
            ("skipped", f"{n_skipped:,}"),
        ],
        command=command,
    )


def repeat_with(search: ConfoundedSearch, path: Path) -> str:
    """The command that does it again."""
    words = ["failscape", "pairs", "--confounded", "--target", search.target]
    words += ["--reference", search.captions] if search.captions else []
    words += ["--data", search.data] if search.data else []
    words += ["--seed", str(search.seed), "--out", str(path)]
    if search.max_items is not None:
        words += ["--max-items", str(search.max_items)]
    return shlex.join(words)


def _shown(row: pd.Series, found: FoundConfounded, facts: pd.DataFrame) -> ShownConfounded:
    ends = int(row["first"]), int(row["second"])
    pictures, _ = content(found.corpus, ends)
    captions = None if found.captions is None else (found.captions[ends[0]], found.captions[ends[1]])
    names = found.corpus.name(ends[0]), found.corpus.name(ends[1])
    return ShownConfounded(
        names, pictures, captions, (row["first_gap"], row["second_gap"]), tuple(facts_that_differ(facts, ends))
    )
