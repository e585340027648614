"""How a grid is looked at: names of its regions, what lies beside what, which charts suit, and usage in words.

A new kind of grid registers a view of its own with :func:`register_view`; nothing else asks what kind a grid is.

Shapes: ``P`` points of the grid, ``M`` points of a region, ``K`` axes, ``N`` neighbours of a point.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from failscape.analysis.grids.charts import LandscapeChart
from failscape.analysis.grids.choice_view import ChoiceView
from failscape.analysis.grids.product_view import ProductView
from failscape.analysis.landscape.landscape import Landscape
from failscape.analysis.landscape.rate_table import IntervalList
from failscape.analysis.tensorboard.mesh import Mesh
from failscape.concepts import ConceptSpace
from failscape.concepts.text.grid import EditGrid


class GridView(Protocol):
    """A grid as people and the search of failure modes look at it; single points are named by the space itself."""

    @property
    def size(self) -> str:
        """How large the grid is, by its axes: ``5 of rotation × 4 of darken``."""

    @property
    def charts(self) -> tuple[LandscapeChart, ...]:
        """The charts that suit, the main one first."""

    @property
    def whole_axes(self) -> tuple[bool, ...]:
        """Axes without order that a region may take whole, ``(K,)``."""

    def box_names(self, box: Sequence[Sequence[int]]) -> list[str]:
        """What holds of every point of a box and of no other, in words: ``rotation 10 to 30°``, ``darken 0.4``.

        ``box`` are the levels of each axis, a run of them where they have an order.
        """

    def plain_names(self, box: Sequence[Sequence[int]]) -> list[str]:
        """The same for people who are not engineers: ``turned clockwise by 10 degrees``."""

    def moved(self, points: np.ndarray) -> np.ndarray:
        """How far points ``(M, K)`` lie from unedited, in levels: ``(M,)``."""

    def neighbours(self, rates: np.ndarray) -> np.ndarray:
        """What lies beside each point or belongs together with it, ``(P, N)`` rows of the grid, -1 for none.

        ``rates`` of failure ``(P,)`` may say what explains what.
        """

    def intervals(self, landscape: Landscape) -> IntervalList | None:
        """The table of intervals that a page lists; None where the charts say it all."""

    def solids(self, landscape: Landscape) -> Mesh | None:
        """The landscape as solids to turn in TensorBoard; None where it is flat."""

    def usage(self, spec: Mapping[str, str | float]) -> Mapping[str, str | float]:
        """How each axis is distributed in use, from what a person says of that; as it is for axes that are concepts.

        Raises:
            UsageError: it names something that the grid does not have.
        """


_VIEWS: dict[type[ConceptSpace], Callable[[Any], GridView]] = {ConceptSpace: ProductView, EditGrid: ChoiceView}


def register_view(kind: type[ConceptSpace], view: Callable[[Any], GridView]) -> None:
    """Have grids of this type, and of its subclasses, looked at through ``view``, which is called with the grid."""
    _VIEWS[kind] = view


def view_of(space: ConceptSpace) -> GridView:
    """The view of a grid: that of its type, or of the nearest base that has one."""
    kind = next(kind for kind in type(space).__mro__ if kind in _VIEWS)
    return _VIEWS[kind](space)
