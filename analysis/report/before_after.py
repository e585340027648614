"""A target before and after, on one page: what was mitigated, what it cost, and by how much the map moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from failscape.analysis.examples.presenter import Examples
from failscape.analysis.examples.thumbnails import chart_uri
from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.landscape.shifts import Shift, policy
from failscape.analysis.modes.mode import Mode
from failscape.analysis.pages import page_environment
from failscape.analysis.plots.landscape import landscape_picture
from failscape.analysis.plots.still import pixels
from failscape.analysis.plots.style import ACCENT, axis_title, own_text, shortened, tick_texts
from failscape.analysis.statistics.paired_effects import Cost, Effect
from failscape.common.format import percent
from failscape.common.nouns import PLAIN, Nouns
from failscape.records.folder import write_whole

AFTER = "#b5367a"  # beside ACCENT, which is before; apart in grey, too


@dataclass(frozen=True)
class Story:
    """What the page tells; effects are of held-out items."""

    target: str  # before
    after_name: str  # after
    landscapes: tuple[Landscape, Landscape]
    targeted: Effect
    excess_gone: float  # share of the targeted failures beyond those of the same items unedited that went
    untouched: Effect
    clean: Effect
    modes: Sequence[Effect]  # of the targeted modes, one by one
    points: Sequence[Effect]  # at untouched points
    harmed: Sequence[Effect]
    clean_score: Effect  # how right it is on unedited items
    costs: Sequence[Cost]  # what became worse outside the targeted modes
    n_new: int  # answers that are wrong now, of those that had been right
    n_right: int  # answers that had been right
    new: Examples
    shifts: Sequence[Shift]
    seeds: tuple[int, int]
    unseen: bool  # whether the second exploration was of items that the fine-tune had not seen
    modes_before: Sequence[Mode]
    modes_after: Sequence[Mode]
    facts: Mapping[str, str] = field(default_factory=dict)  # how to repeat it
    nouns: Nouns = PLAIN

    @property
    def headline(self) -> str:
        """The page in one sentence."""
        gone = self.targeted.relative
        verb = "made worse" if gone < 0 else "mitigated"
        share = percent(abs(gone)) if np.isfinite(gone) else "none"
        price = (
            "no untouched point became worse"
            if not self.harmed
            else f"{len(self.harmed)} untouched points became worse"
        )
        excess = ""
        if self.clean.before > 0 and np.isfinite(self.excess_gone) and self.excess_gone >= 0:
            excess = f", {percent(self.excess_gone)} of those beyond what the same {self.nouns.items} fail unedited"
        return (
            f"On held-out {self.nouns.items}, {share} of the targeted failures were {verb} "
            f"({percent(self.targeted.before)} → {percent(self.targeted.after)}){excess}; unedited, "
            f"{percent(self.clean.before)} → {percent(self.clean.after)} fail, and {price}."
        )


def write_page(path: Path, story: Story) -> Path:
    """Write the page, self-contained HTML of about a megabyte; returns its path."""
    stills = [chart_uri(pixels(landscape_picture(one, story.landscapes[0]), dpi=110)) for one in story.landscapes]
    policies = policies_picture(*story.landscapes)
    page = (
        page_environment()
        .get_template("before_after.html")
        .render(
            story=story,
            stills=stills,
            policies=chart_uri(pixels(policies, dpi=110)) if policies else None,
            change=change_text,
            number=number,
        )
    )
    write_whole(path, page)
    return path


def change_text(effect: Effect) -> str:
    """A change in points with its interval: ``−45.0 (−48.4 to −41.3)``; ``–`` where nothing was compared."""
    if not effect.n:
        return "–"
    return f"{100 * effect.change:+.1f} ({100 * effect.low:+.1f} to {100 * effect.high:+.1f})".replace("-", "−")


def number(value: float, unit: str = "", *, signed: bool = False) -> str:
    """A shift as a person writes it; ``–`` where unknown."""
    if not np.isfinite(value):
        return "–"
    return f"{value:{'+' if signed else ''}.3g} {unit}".strip().replace("-", "−")


@own_text()
def policies_picture(before: Landscape, after: Landscape) -> Figure | None:
    """Action probabilities of the agents by level of each concept; None where either run had no agent."""
    shares: list[Any] = [policy(landscape) for landscape in (before, after)]
    if any(share is None for share in shares):
        return None
    concepts = before.space.concepts
    widths = [max(3.4 if len(concepts) > 2 else 4.8, 0.28 * len(c.levels)) for c in concepts]
    figure = Figure(figsize=(sum(widths), 2.8 + 1.2 * any(c.categorical for c in concepts)), layout="constrained")
    panels = figure.subplots(1, len(concepts), sharey=True, width_ratios=widths)
    for k, axes in enumerate(np.atleast_1d(panels)):
        level = before.space.grid()[:, k]
        for share, name, colour, offset in zip(shares, ("before", "after"), (ACCENT, AFTER), (-0.2, 0.2), strict=True):
            heights = 100 * np.bincount(level, share, len(concepts[k].levels))
            axes.bar(np.arange(len(heights)) + offset, heights, 0.4, label=name, color=colour)
        texts = [shortened(text) for text in tick_texts(concepts[k])]
        axes.set_xticks(range(len(texts)), texts, **({"rotation": 90} if max(map(len, texts)) > 6 else {}))
        axes.set_xlabel(axis_title(concepts[k]))
        axes.axhline(100 / len(concepts[k].levels), color="#52606d", linewidth=0.8, linestyle=":")
    figure.axes[0].set_ylabel("action probability [%]")
    figure.axes[0].legend(fontsize=8, frameon=False)
    return figure
