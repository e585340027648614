"""The view of a grid that chooses among edits: tables of edit by strength, by the edit after it, or by group.

Shapes: ``P`` points of the grid, ``M`` points of a region, ``K`` axes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from failscape.analysis.grids.charts import LandscapeChart
from failscape.analysis.grids.choice_names import edit_names
from failscape.analysis.grids.choice_neighbours import whole_axes, with_choice_neighbours
from failscape.analysis.grids.neighbours import neighbours
from failscape.analysis.landscape.choice_table import interval_rates
from failscape.analysis.landscape.choice_usage import axes_usage
from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.landscape.rate_table import IntervalList
from failscape.analysis.plots.edit_map import edit_map_figure, edit_map_picture
from failscape.concepts.space import UNEDITED
from failscape.concepts.text.grid import EditGrid

SECOND = 1.5  # levels that a second edit counts for


@dataclass(frozen=True)
class ChoiceView:
    """A :class:`~failscape.analysis.grids.view.GridView` of which edit, how strong."""

    space: EditGrid

    @property
    def size(self) -> str:
        """``3 of topic × 24 edits × 4 strengths``."""
        grid = self.space
        also = f" × {len(grid.edits)} more or nothing" if grid.pairs else ""
        whose = f"{grid.shape[0]} of {grid.group.name} × " if grid.group else ""
        return f"{whose}{len(grid.edits)} edits{also} × {grid.shape[-1]} strengths"

    @property
    def charts(self) -> tuple[LandscapeChart, ...]:
        """One heat map."""
        if self.space.group:
            cell = f"an edit of the articles of one {self.space.group.name}, at the strength at which it fails most"
        elif self.space.pairs:
            cell = "an edit and one that follows it, at the strength at which they fail most"
        else:
            cell = "an edit at one of its strengths, the weakest on the left"
        about = (
            f"Every cell is {cell}; the worst edit is on top. Colour is the smoothed failure rate, darker is worse. "
            "Point at a cell for its values and counts."
        )
        alt = "Failure rates of edits"
        return (LandscapeChart("landscape", "edits", alt, edit_map_figure, edit_map_picture, about),)

    @property
    def whole_axes(self) -> tuple[bool, ...]:
        """The second edit of a pair, and all groups."""
        return whole_axes(self.space)

    def box_names(self, box: Sequence[Sequence[int]]) -> list[str]:
        """Which edits and how far: ``lower-case 50 % to 100 %``."""
        return edit_names(self.space, box)

    def plain_names(self, box: Sequence[Sequence[int]]) -> list[str]:
        """The same: ``with lower-case 50 % to 100 %``; what each edit does is told beside it."""
        return [f"with {name}" for name in self.box_names(box)]

    def moved(self, points: np.ndarray) -> np.ndarray:
        """How strong; a second edit counts as one and a half levels more."""
        second = self.space.chosen(points)[1] != UNEDITED if self.space.pairs else np.zeros(len(points), bool)
        return points[:, -1] + SECOND * second

    def neighbours(self, rates: np.ndarray) -> np.ndarray:
        """Strengths of one edit, and what is one finding together."""
        return with_choice_neighbours(self.space, neighbours(self.space), rates)

    def intervals(self, landscape: Landscape) -> IntervalList:
        """Each edit alone at each strength; where the agent chose whose articles, by group."""
        group, rates = self.space.group, interval_rates(landscape)
        kind = f" and {group.name}" if group else ", alone" if self.space.pairs else ""
        probes = "of the cells above" if group else "at each strength of an edit"
        about = (
            f"What the probes {probes} say by themselves: failure rate, weighted for how the explorer chose them, its "
            "95\u00a0% interval, and failures / probes. In the same order as above."
        )
        heads = tuple(column if group else f"strength {column}" for column in rates.columns)
        return IntervalList(f"Intervals per edit{kind}", about, heads, rates)

    def solids(self, landscape: Landscape) -> None:
        """None: a heat map is flat."""
        return None

    def usage(self, spec: Mapping[str, str | float]) -> dict[str, str | float]:
        """The axes from how often each edit is made: ``lower-case=3``."""
        return axes_usage(self.space, spec)
