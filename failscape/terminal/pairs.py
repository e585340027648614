"""Mined pairs as the command line shows them, and the page that it writes."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

import pandas as pd

from failscape.analysis.pairs.differing import facts_that_differ
from failscape.analysis.pairs.page import PairsPage, ShownPair, write_pairs_page
from failscape.analysis.pairs.stability import Varied
from failscape.analysis.plots.similarities import similarities_picture
from failscape.analysis.tensorboard.pairs_board import write_pairs_board
from failscape.common.format import counted
from failscape.data.pairs.corpus import NOUNS, Corpus
from failscape.targets.encoders.mining.findings import blindest
from failscape.terminal.output import Terminal, steps
from failscape.terminal.shown_pairs import alone, content, left_out, print_differing
from failscape.workflows.pairs import REGIONS, FoundPairs, PairSearch, find_pairs, write_pairs


def pairs_command(args: argparse.Namespace, search: PairSearch, path: Path) -> int:
    """Mine, print, write."""
    terminal, folder = Terminal(quiet=args.quiet), path.with_suffix("")
    with steps(terminal) as tell:
        found = find_pairs(search, folder, tell)
    write_pairs(found, path, folder)
    page = page_of(found, repeat_with(search, path))
    write_pairs_page(folder / "report.html", page)
    write_pairs_board(folder, page)
    print_pairs(terminal, found, page)
    terminal.line(f"pairs     {path}")
    terminal.line(f"report    {folder / 'report.html'}")
    terminal.line(f"board     tensorboard --logdir {shlex.quote(str(folder))}")
    return 0


def print_pairs(terminal: Terminal, found: FoundPairs, page: PairsPage) -> None:
    """What was found."""
    data = f"{page.data} · " if page.data else ""
    counts = f"{counted(page.n_items, page.noun)}{left_out(page.n_copies, page.n_skipped)}"
    terminal.line(f"data      {data}{counts}")
    for role in ("target", "reference"):
        terminal.line(f"{role:<9} {found.settings[role]}")
    bounds = (found.thresholds.target, found.thresholds.reference)
    said = [_bound(given, value) for given, value in zip(page.given, bounds, strict=True)]
    terminal.line(f"blind     above {said[0]} for the target, below {said[1]} for the reference")
    terminal.line("")
    terminal.line(page.headline, style="bold")
    if page.recall:
        terminal.line(page.recall)
    print_differing(terminal, found.differing, "blind pairs", page.read)
    for setting in found.varied:
        terminal.line(f"with {setting.setting}: {counted(setting.n_pairs, 'pair')}, {_changes(setting)}")
    terminal.line("")


def _changes(row: Varied) -> str:
    return f"{row.n_appeared:,} appeared and {row.n_vanished:,} vanished"


def page_of(found: FoundPairs, command: str) -> PairsPage:
    """The page's content, pictures included."""
    corpus, facts = found.corpus, found.corpus.facts
    gallery = [_shown(row, corpus, facts) for row in alone(blindest(found.pairs, len(found.pairs)))]
    scatter = similarities_picture(
        (found.sample["target"].to_numpy(), found.sample["reference"].to_numpy()),
        (found.pairs["target"].to_numpy(), found.pairs["reference"].to_numpy()),
        found.thresholds.target,
        found.thresholds.reference,
    )
    return PairsPage(
        target=found.search.target,
        reference=found.search.reference,
        data=found.search.data,
        noun=NOUNS[corpus.modality],
        n_items=found.n_items,
        n_copies=found.n_copies,
        n_skipped=len(corpus.skipped),
        n_pairs=found.n_pairs,
        n_blind=len(found.pairs),
        n_counted=len(found.counted),
        n_same=len(found.same),
        above=found.thresholds.target,
        below=found.thresholds.reference,
        same=found.thresholds.same,
        given=(found.search.above, found.search.below),
        shown=gallery,
        differing=found.differing,
        read=str(corpus.read or ""),
        by_region=found.by_region,
        varied=found.varied,
        scatter=scatter,
        settings=[
            ("target", found.settings["target"]),
            ("reference", found.settings["reference"]),
            ("above, for the target", _bound(found.search.above, found.thresholds.target)),
            ("below, for the reference", _bound(found.search.below, found.thresholds.reference)),
            ("pairs compared", str(found.approximate or "all")),
            *([("facts read by", corpus.read.settings)] if corpus.read else []),
            ("copies, left out", f"{found.n_copies:,}"),
            ("skipped", f"{len(corpus.skipped):,}"),
        ],
        n_proposed=None if found.approximate is None else found.approximate.n_proposed,
        recall="" if found.approximate is None else str(found.approximate.recall),
        command=command,
    )


def repeat_with(search: PairSearch, path: Path) -> str:
    """The command that does it again."""
    words = ["failscape", "pairs", "--target", search.target, "--reference", search.reference]
    words += ["--data", search.data] if search.data else []
    words += ["--above", search.above, "--below", search.below]
    words += [] if search.same is None else ["--same", f"{search.same:g}"]
    words += [] if search.approximate is None else ["--approximate", str(search.approximate)]
    words += ["--vary", *search.vary] if search.vary else []
    words += ["--prober", search.prober] if search.prober else []
    words += ["--probes", search.probes] if search.probes else []
    words += [] if search.regions == REGIONS else ["--regions", str(search.regions)]
    words += ["--seed", str(search.seed), "--out", str(path)]
    if search.max_items is not None:
        words += ["--max-items", str(search.max_items)]
    return shlex.join(words)


def _shown(row: pd.Series, corpus: Corpus, facts: pd.DataFrame) -> ShownPair:
    ends = int(row["first"]), int(row["second"])
    pictures, texts = content(corpus, ends)
    names = corpus.name(ends[0]), corpus.name(ends[1])
    return ShownPair(names, pictures, texts, row["target"], row["reference"], tuple(facts_that_differ(facts, ends)))


def _bound(given: str, value: float) -> str:
    return f"{value:.4f} ({given} of random pairs)" if given.startswith("q") else f"{value:g}"
