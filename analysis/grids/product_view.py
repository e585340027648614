"""The view of a product of concepts: boxes, a cube or a plane of symbols, and slices.

Shapes: ``P`` points of the grid, ``M`` points of a region, ``K`` axes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from failscape.analysis.grids.charts import LandscapeChart
from failscape.analysis.grids.neighbours import neighbours
from failscape.analysis.grids.plain_words import plain_names
from failscape.analysis.grids.product_names import box_names
from failscape.analysis.grids.unordered import whole_axes, with_other_levels
from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.plots.lattice import lattice_figure
from failscape.analysis.plots.slices import slices_figure
from failscape.analysis.plots.still import lattice_picture
from failscape.analysis.plots.still_charts import slices_picture
from failscape.analysis.tensorboard.mesh import Mesh, landscape_mesh
from failscape.concepts import ConceptSpace


@dataclass(frozen=True)
class ProductView:
    """A :class:`~failscape.analysis.grids.view.GridView` of concepts that vary each by itself."""

    space: ConceptSpace

    @property
    def size(self) -> str:
        """``5 of rotation × 4 of darken``."""
        return " × ".join(f"{len(concept.levels)} of {concept.name}" for concept in self.space.concepts)

    @property
    def charts(self) -> tuple[LandscapeChart, ...]:
        """Symbols, and heat maps of slices.

        Only slices where two axes or more have no order, because a cube would suggest one.
        Of a single axis, a page shows its curve alone.
        """
        n_axes, names = len(self.space.shape), ", ".join(self.space.names)
        slices = LandscapeChart(
            name="slices",
            tag="slices",
            alt="Slices of the landscape",
            figure=slices_figure,
            picture=lambda landscape, like: slices_picture(landscape),
            about=_about_slices(n_axes) if self._is_unordered else "",
            in_pages=n_axes > 1,
        )
        if self._is_unordered:
            return (slices,)
        symbols = LandscapeChart(
            name="landscape",
            tag="3d",
            alt=f"The failure landscape over {names}",
            figure=lattice_figure,
            picture=lambda landscape, like: lattice_picture(landscape),
            about=_about_symbols(n_axes),
        )
        return symbols, slices

    @property
    def _is_unordered(self) -> bool:
        return sum(concept.categorical for concept in self.space.concepts) > 1

    @property
    def whole_axes(self) -> tuple[bool, ...]:
        """Those without order, but not the groups of items."""
        return whole_axes(self.space)

    def box_names(self, box: Sequence[Sequence[int]]) -> list[str]:
        """The levels of each axis that it does not hold whole: ``rotation 10 to 30°``, ``darken 0.4``."""
        return box_names(self.space, box)

    def plain_names(self, box: Sequence[Sequence[int]]) -> list[str]:
        """The same levels: ``turned counter-clockwise by 10 to 30 degrees``."""
        return plain_names(self.space, box)

    def moved(self, points: np.ndarray) -> np.ndarray:
        """Levels from the strengths that change nothing, summed over the axes that have an order."""
        moved = np.zeros(len(points), np.int64)
        for k, concept in enumerate(self.space.concepts):
            if concept.identity is not None and not concept.categorical:
                moved += np.abs(points[:, k] - int(np.abs(concept.levels - concept.identity).argmin()))
        return moved

    def neighbours(self, rates: np.ndarray) -> np.ndarray:
        """Points one level away on one axis, and all levels of an axis without order that is no group."""
        free = [axis for axis, whole in enumerate(self.whole_axes) if whole]
        return with_other_levels(self.space, neighbours(self.space), free)

    def intervals(self, landscape: Landscape) -> None:
        """None: hovering over the charts tells them."""
        return None

    def solids(self, landscape: Landscape) -> Mesh | None:
        """A solid for each cell; None where slices show the grid."""
        return None if self._is_unordered else landscape_mesh(landscape)

    def usage(self, spec: Mapping[str, str | float]) -> Mapping[str, str | float]:
        """As it is said: axes are concepts."""
        return spec


def _about_symbols(n_axes: int) -> str:
    """How to read the symbols."""
    averaged = ", averaged over the concepts that matter least" if n_axes > 3 else ""
    size = "size is certainty; " if n_axes > 1 else ""
    turn = "Drag to turn. " if n_axes > 2 else ""
    return (
        f"Every symbol is a point of the grid{averaged}. Colour is its smoothed failure rate, darker is worse; {size}"
        f"hollow ones are unsure. {turn}Point at a symbol for its values and counts."
    )


def _about_slices(n_axes: int) -> str:
    """How to read heat maps that stand alone."""
    averaged = ", averaged over the axes that matter least" if n_axes > 3 else ""
    return (
        f"Every cell is a point of the grid{averaged}. Colour is its smoothed failure rate, darker is worse; a "
        "question mark says that it is unsure. Point at a cell for its values and counts."
    )
