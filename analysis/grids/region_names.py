"""Plain words for a region of failures: ``topic = fire and lower-case from 50 %, arrows worst``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from failscape.analysis.grids.listing import listed
from failscape.analysis.grids.view import view_of
from failscape.concepts import ConceptSpace


def region_name(
    space: ConceptSpace,
    points: np.ndarray,
    classes: Sequence[str] = (),
    worst: Sequence[str] = (),
    noun: str = "class",
) -> str:
    """The shortest name of a region, as the view of its grid gives it, with its classes.

    Args:
        space: the grid.
        points: rows of the grid ``(M,)``, at least one.
        classes: the only true classes that fail there; all where empty.
        worst: classes that fail there more than the others.
        noun: what a class is called here.
    """
    among = [f"{noun} = {listed(classes, 'or')}"] if len(classes) else []
    name = view_of(space).region_name(points, among)
    return f"{name}, {listed(worst, 'and')} worst" if len(worst) else name
