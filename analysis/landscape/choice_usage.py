"""How often edits of texts happen in use, from a number for each."""

from __future__ import annotations

from collections.abc import Mapping

from failscape.analysis.landscape.axis_shares import number
from failscape.concepts.text.grid import EditGrid
from failscape.errors import UsageError, did_you_mean


def axes_usage(grid: EditGrid, spec: Mapping[str, str | float]) -> dict[str, str | float]:
    """The axes of a grid of edits from how often each edit is made: alone, evenly over strengths and over groups.

    What is said of an axis by its own name (``strength=levels(4, 2, 1, 1)``) holds.
    """
    names = [edit.name for edit in grid.edits]
    for name in spec:
        if name not in (*names, *grid.names):
            raise UsageError(f"no edit {name!r} in the grid{did_you_mean(name, (*names, *grid.names))}")
    shares = [number(spec.get(name, 0)) for name in names]
    if any(share is None or share < 0 for share in shares) or ("edit" not in spec and not any(shares)):
        raise UsageError(f"say how often edits are made in use, a number for each, such as {names[0]}=3")
    even = {c.name: f"levels({', '.join('1' * len(c.levels))})" for c in grid.concepts if c.name != "also"}
    alone: dict[str, str | float] = {"also": 0.0} if grid.pairs else {}
    made = {} if "edit" in spec else {"edit": f"levels({', '.join(map(str, shares))})"}
    return {**even, **alone, **made, **{name: how for name, how in spec.items() if name in grid.names}}
