"""Which rows of a table belong together: items, whose rows are alike, and units, whose rows are judged together.

Shapes: ``N`` rows, ``G`` different ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from failscape.data.recorded.axes import Axis
from failscape.data.recorded.options import Chosen
from failscape.errors import UsageError


def codes_of(frame: pd.DataFrame, columns: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """A number for each row, equal where the columns agree, ``(N,)`` int64, and names ``(G,)``.

    Without columns each row is for itself, and is called by where it stands.
    """
    if not columns:
        return np.arange(len(frame)), [str(place) for place in frame.index]
    # A code per column first, so that no separator between texts can be mistaken for a part of them.
    codes = np.stack([pd.factorize(frame[column], sort=True)[0] for column in columns], axis=1)
    _, first, code = np.unique(codes, axis=0, return_index=True, return_inverse=True)
    values = frame[list(columns)].to_numpy()[first]
    names = [", ".join(f"{column} {text}" for column, text in zip(columns, row, strict=True)) for row in values]
    return code.reshape(-1).astype(np.int64), names


def nested(
    where: str,
    chosen: Chosen,
    axes: Sequence[Axis],
    unit: np.ndarray,
    names: Sequence[str],
    cluster: np.ndarray,
) -> None:
    """Refuse units whose rows are of several items, or have several values of a concept.

    Args:
        where: what the table is called.
        chosen: its columns.
        axes: the concepts.
        unit: of each row ``(N,)``.
        names: of the units ``(G,)``.
        cluster: of each row ``(N,)``.

    Raises:
        UsageError: there are such units.
    """
    if not chosen.unit:
        return
    what = "unit=" + ",".join(chosen.unit)
    torn = torn_unit(unit, cluster)
    if torn is not None:
        raise UsageError(
            f"{where}: {what}: the rows of {names[torn]} are of several items; give an item that holds whole units"
        )
    for axis in axes:
        torn = torn_unit(unit, axis.level)
        if torn is not None:
            raise UsageError(
                f"{where}: {what}: {names[torn]} has several values of {axis.name}, so it lies at no one point; leave "
                f"{axis.name} out of --concepts"
            )


def torn_unit(unit: np.ndarray, value: np.ndarray) -> int | None:
    """The first unit with several values, ``(N,), (N,)``; None where each has one."""
    order = np.lexsort((value, unit))
    unit, value = unit[order], value[order]
    torn = np.flatnonzero((unit[1:] == unit[:-1]) & (value[1:] != value[:-1]))
    return int(unit[torn[0]]) if len(torn) else None
