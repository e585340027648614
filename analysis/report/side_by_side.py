"""Several models of one table on one page: maps on one scale, modes of each, differences on the same items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from failscape.analysis.examples.thumbnails import chart_uri
from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.landscape.marginals import Level, Marginal, marginals, overall
from failscape.analysis.landscape.side_by_side import Difference, differences, point_differences
from failscape.analysis.modes.mode import Mode
from failscape.analysis.pages import page_environment
from failscape.analysis.plots.cells import MAX_AXES
from failscape.analysis.plots.still import pixels
from failscape.analysis.plots.still_charts import slices_picture
from failscape.analysis.report.mode_table import fails_text, other_text
from failscape.analysis.statistics.multiple_testing import LEVEL
from failscape.common.format import percent
from failscape.records.folder import write_whole

N_POINTS = 20  # differences at single points that are listed
N_SAID = 6  # differences that a sentence tells


@dataclass(frozen=True)
class Side:
    """One model."""

    name: str
    landscape: Landscape
    modes: Sequence[Mode]
    probes: pd.DataFrame
    items: pd.DataFrame
    report: str = ""  # where its own report lies, from the page

    @cached_property
    def whole(self) -> Level:
        """All of its answers together."""
        return overall(self.landscape, self.probes, self.items)

    @cached_property
    def marginals(self) -> dict[str, Marginal]:
        """Each column by itself, by its name."""
        return {marginal.axis: marginal for marginal in marginals(self.landscape, self.probes, self.items)}


@dataclass(frozen=True)
class SideBySide:
    """What the page tells."""

    column: str
    data: str
    sides: Sequence[Side]
    overall: Sequence[Difference]
    points: Sequence[Difference]  # at single points
    paired: bool  # whether the table says which rows are of one item

    @classmethod
    def of(cls, column: str, data: str, sides: Sequence[Side], units: pd.DataFrame, *, paired: bool) -> SideBySide:
        """From the sides and all their units, as ``differences`` of the landscapes takes them."""
        names = [side.name for side in sorted(sides, key=lambda side: -side.whole.rate)]
        overall = differences(units, names) if paired else []
        return cls(column, data, sides, overall, point_differences(units, names) if paired else [], paired)

    @property
    def ranked(self) -> list[Side]:
        """The model that fails most first."""
        return sorted(self.sides, key=lambda side: -side.whole.rate)

    @property
    def n_answers(self) -> int:
        """Of all models."""
        return sum(side.whole.n for side in self.sides)

    @property
    def headline(self) -> str:
        """The page in one sentence."""
        first, *_, last = self.ranked
        return (
            f"{first.name} fails most, in {percent(first.whole.rate)} of its answers, and {last.name} least, in "
            f"{percent(last.whole.rate)}."
        )

    @property
    def sentences(self) -> list[str]:
        """Which models differ, in words."""
        if not self.paired:
            return ["no differences on the same items: say which rows are of one item with ?item=COLUMN"]
        clear = [one for one in self.overall if one.p_value <= LEVEL]
        said = [
            f"{one.first} fails more often than {one.second}, on the same {one.n_clusters:,} items by "
            f"{100 * one.change:.1f} points ({100 * one.low:.1f} to {100 * one.high:.1f})"
            for one in clear[:N_SAID]
        ]
        alike = [f"{one.first} and {one.second}" for one in self.overall if one.p_value > LEVEL]
        return said + ([f"no clear difference between {', '.join(alike)}"] if alike else [])

    @property
    def axes(self) -> tuple[int, ...]:
        """The axes that the maps show: those that matter most to the models on average, in the order of the grid."""
        names = self.sides[0].landscape.space.names
        spread = np.array([np.mean([side.marginals[name].spread for side in self.sides]) for name in names])
        return tuple(sorted(np.argsort(-spread, kind="stable")[:MAX_AXES].tolist()))

    @property
    def by_column(self) -> list[tuple[str, str, list[Level]]]:
        """Each value of each column, with a level per model in the order of ``ranked``."""
        rows = []
        for name in self.sides[0].landscape.space.names:
            columns = [side.marginals[name].levels for side in self.ranked]
            rows += [
                (name, levels[0].name, list(levels))
                for levels in zip(*columns, strict=True)
                if any(level.n for level in levels)
            ]
        return rows

    @property
    def maps(self) -> list[tuple[Side, str]]:
        """A still map of each model, all of the same axes and on the same scale."""
        return [(side, chart_uri(pixels(slices_picture(side.landscape, self.axes), dpi=150))) for side in self.ranked]

    def label(self, point: int) -> str:
        """A point in words."""
        return self.sides[0].landscape.label(point)


def write_side_by_side(path: Path, page: SideBySide) -> None:
    """Write the page: self-contained, offline."""
    clear = [one for one in page.points if one.p_value <= LEVEL]
    known = {"level": LEVEL, "n_clear": len(clear), "fails_text": fails_text, "other_text": other_text}
    template = page_environment().get_template("side_by_side.html")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, template.render(page=page, clear=clear[:N_POINTS], **known))
