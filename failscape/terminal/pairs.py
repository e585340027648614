"""Mined pairs as the command line shows them, and the page that it writes."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

import numpy as np
import pandas as pd

from failscape.analysis.examples.thumbnails import chart_uri
from failscape.analysis.pairs.differing import facts_that_differ
from failscape.analysis.pairs.page import PairsPage, ShownPair, write_pairs_page
from failscape.analysis.pairs.stability import Varied
from failscape.analysis.plots.similarities import similarities_picture
from failscape.common.format import counted, percent
from failscape.data.pairs.corpus import IMAGE, Corpus
from failscape.targets.encoders.mining.findings import blindest
from failscape.terminal.output import Terminal, steps, table
from failscape.workflows.pairs import FoundPairs, PairSearch, find_pairs, write_pairs

SHOWN = 24  # pairs of the gallery


def pairs_command(args: argparse.Namespace, search: PairSearch, path: Path) -> int:
    """Mine, print, write."""
    terminal, folder = Terminal(quiet=args.quiet), path.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    with steps(terminal) as tell:
        found = find_pairs(search, folder, tell)
    write_pairs(found, path, folder)
    page = page_of(found, repeat_with(search, path))
    write_pairs_page(folder / "report.html", page)
    print_pairs(terminal, found, page)
    terminal.line(f"pairs     {path}")
    terminal.line(f"report    {folder / 'report.html'}")
    return 0


def print_pairs(terminal: Terminal, found: FoundPairs, page: PairsPage) -> None:
    """What was found."""
    terminal.line(f"data      {found.search.data} · {counted(found.n_items, page.noun)}{_left_out(found)}")
    for role in ("target", "reference"):
        terminal.line(f"{role:<9} {found.settings[role]}")
    bounds = (found.thresholds.target, found.thresholds.reference)
    said = [_bound(given, value) for given, value in zip(page.given, bounds, strict=True)]
    terminal.line(f"blind     above {said[0]} for the target, below {said[1]} for the reference")
    terminal.line("")
    terminal.line(page.headline, style="bold")
    if found.differing:
        terminal.line("")
        shown = table("differs", "blind pairs", "all pairs", "tested", "verdict", left="differs")
        for row in found.differing:
            shown.add_row(row.fact, percent(row.rate), percent(row.random), f"{row.n_disjoint:,}", row.verdict)
        terminal.print(shown)
    for setting in found.varied:
        terminal.line(f"with {setting.setting}: {counted(setting.n_pairs, 'pair')}, {_changes(setting)}")
    terminal.line("")


def _changes(row: Varied) -> str:
    return f"{row.n_appeared:,} appeared and {row.n_vanished:,} vanished"


def page_of(found: FoundPairs, command: str) -> PairsPage:
    """The page's content, pictures included."""
    corpus, facts = found.corpus, found.corpus.facts
    gallery = [_shown(row, corpus, facts) for row in alone(blindest(found.pairs, len(found.pairs)), SHOWN)]
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
        noun="picture" if corpus.modality == IMAGE else "text",
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
        varied=found.varied,
        scatter=chart_uri(scatter),
        settings=[
            ("target", found.settings["target"]),
            ("reference", found.settings["reference"]),
            ("above, for the target", _bound(found.search.above, found.thresholds.target)),
            ("below, for the reference", _bound(found.search.below, found.thresholds.reference)),
            ("copies, left out", f"{found.n_copies:,}"),
            ("skipped", f"{len(corpus.skipped):,}"),
        ],
        command=command,
    )


def alone(ranked: pd.DataFrame, k: int) -> list[pd.Series]:
    """The first ``k`` pairs in order, each item in one of them at most."""
    seen: set[int] = set()
    chosen: list[pd.Series] = []
    for _, row in ranked.iterrows():
        ends = {int(row["first"]), int(row["second"])}
        if not ends & seen:
            seen |= ends
            chosen.append(row)
        if len(chosen) == k:
            break
    return chosen


def repeat_with(search: PairSearch, path: Path) -> str:
    """The command that does it again."""
    words = ["failscape", "pairs", "--target", search.target, "--reference", search.reference, "--data", search.data]
    words += ["--above", search.above, "--below", search.below]
    words += [] if search.same is None else ["--same", f"{search.same:g}"]
    words += ["--vary", *search.vary] if search.vary else []
    words += ["--seed", str(search.seed), "--out", str(path)]
    if search.max_items is not None:
        words += ["--max-items", str(search.max_items)]
    return shlex.join(words)


def _shown(row: pd.Series, corpus: Corpus, facts: pd.DataFrame) -> ShownPair:
    ends = int(row["first"]), int(row["second"])
    names, items = corpus.names, [corpus.load(end) for end in ends]
    pictures = (np.asarray(items[0]), np.asarray(items[1])) if corpus.modality == IMAGE else None
    texts = None if corpus.modality == IMAGE else (str(items[0]), str(items[1]))
    differs = tuple(facts_that_differ(facts, ends))
    return ShownPair((names[ends[0]], names[ends[1]]), pictures, texts, row["target"], row["reference"], differs)


def _bound(given: str, value: float) -> str:
    return f"{value:.4f} ({given} of random pairs)" if given.startswith("q") else f"{value:g}"


def _left_out(found: FoundPairs) -> str:
    parts = [(found.n_copies, "copy left out", "copies left out"), (len(found.corpus.skipped), "skipped", "skipped")]
    said = [counted(n, one, several) for n, one, several in parts if n]
    return f" ({', '.join(said)})" if said else ""
