"""Recorded answers: a table of evaluations as items that lie on a grid of its columns.

Shapes: ``N`` rows, ``K`` axes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from failscape.common.uri import parse_path
from failscape.data.base import Items, Layout, Skipped
from failscape.data.batch import Answers
from failscape.data.recorded.axes import Axis, axis_of
from failscape.data.recorded.options import Chosen, Filters, Verdict, equals, is_missing, judged
from failscape.data.recorded.table import RecordedTable, read_table
from failscape.data.recorded.units import codes_of, nested
from failscape.data.split import held_out_both
from failscape.errors import UsageError

GROUP = "answers"  # the one group that all rows are of
MAX_PARTS = 12  # values of a column that are compared
FEW_ITEMS = 20  # below which intervals by items say little


class Recorded(NamedTuple):
    """A table as items, and the axes on which they lie."""

    items: Items
    axes: tuple[Axis, ...]
    name: str  # of what gave the answers: the values that were picked, else the file
    file: str
    chosen: Chosen
    frame: pd.DataFrame  # the rows as they were read


def open_recorded(
    spec: str | Path,
    concepts: Sequence[str],
    *,
    held_out: float = 0.2,
    progress: Callable[[int], None] | None = None,
) -> Recorded:
    """The rows of a table that count, on a grid of some of its columns.

    Args:
        spec: path and options, ``answers.csv?failed=correct:0&item=drawing&where=model:gpt-4o``.
        concepts: the columns that become axes.
        held_out: share of the items whose rows are kept from exploration.
        progress: called now and then with the number of rows read so far.

    Raises:
        UsageError: the table cannot be read, an option or a column is not there, or no row is left.
    """
    parsed = parse_path(str(spec))
    file = Path(parsed.name).name
    if not concepts:
        raise UsageError(f"{file}: which columns become axes? give --concepts COLUMN COLUMN ...")
    if len(set(concepts)) < len(concepts):
        raise UsageError(f"{file}: a column is given twice among the concepts; name each once")
    table = read_table(parsed, list(concepts), progress)
    frame, chosen = _picked(file, table.frame, table.chosen.where), table.chosen
    axes = [axis_of(name, frame[name]) for name in concepts]
    rows = pd.Series(np.arange(len(frame)), index=frame.index)
    frame = _picked(file, frame, chosen.part)
    axes = [axis._replace(level=axis.level[rows[frame.index]]) for axis in axes]
    verdict = _verdicts(file, table, chosen.failed)[frame.index].to_numpy()
    reasons = _left_out(chosen, verdict, axes)
    kept = reasons == ""
    if not kept.any():
        raise UsageError(f"{file}: no row has a verdict and a value of every concept; choose other columns")
    skipped = [Skipped(f"row {place}", reason) for place, reason in zip(frame.index, reasons, strict=True) if reason]
    axes = [axis._replace(level=axis.level[kept]) for axis in axes]
    also = _verdicts(file, table, chosen.also)[frame.index[kept]].to_numpy()
    items = _items(file, frame[kept], verdict[kept].astype(bool), also, axes, chosen, held_out)
    notes = [*table.notes, *(axis.note for axis in axes), *_about(items, chosen)]
    items = replace(items, skipped=[*table.skipped, *skipped], notes=tuple(note for note in notes if note))
    name = ", ".join("/".join(values) for _, values in chosen.part or chosen.where) or Path(parsed.name).stem
    return Recorded(items, tuple(axes), name, file, chosen, frame[kept])


def split_by(spec: str | Path, column: str) -> dict[str, str]:
    """A specification for each value of a column in the rows that count, all on the axes of these; by the alphabet.

    Raises:
        UsageError: as :func:`open_recorded` does, or there are fewer than two values.
    """
    parsed = parse_path(str(spec))
    table, file = read_table(parsed, [column]), Path(parsed.name).name
    if table.chosen.part:
        raise UsageError(f"{file}: part= picks one value already; leave it out to compare several")
    cells = _picked(file, table.frame, table.chosen.where)[column]
    found = sorted(set(cells[~is_missing(cells)]))
    if len(found) < 2:
        raise UsageError(f"{file}: {column} has one value only ({', '.join(found)}); there is nothing to compare")
    if len(found) > MAX_PARTS:
        raise UsageError(
            f"{file}: {column} has {len(found):,} values, and at most {MAX_PARTS} are compared; pick some with "
            f"where={column}:{found[0]},{column}:{found[1]}"
        )
    options = [f"{key}={text}" for key, text in parsed.options.items()]
    return {value: f"{parsed.name}?{'&'.join([*options, f'part={column}:{value}'])}" for value in found}


class Parts(NamedTuple):
    """What several models answered to the same items."""

    units: pd.DataFrame  # part, cluster, point, match (the same for units of one question), failed; a row per unit
    is_paired: bool  # whether the table says which rows are of one item


def open_parts(spec: str | Path, concepts: Sequence[str], column: str) -> Parts:
    """Every unit of a table with the value that it has in a column; it is judged within that value.

    Args:
        spec: of the table, without a part.
        concepts: the columns that are axes.
        column: which is compared.

    Raises:
        UsageError: as :func:`open_recorded` does.
    """
    parsed = parse_path(str(spec))
    table, file = read_table(parsed, [*concepts, column]), Path(parsed.name).name
    chosen = table.chosen
    frame = _picked(file, table.frame, chosen.where)
    axes = [axis_of(name, frame[name]) for name in concepts]
    verdict = _verdicts(file, table, chosen.failed)[frame.index].to_numpy()
    kept = (_left_out(chosen, verdict, axes) == "") & ~is_missing(frame[column])
    frame, level = frame[kept], [axis.level[kept] for axis in axes]
    cluster, _ = codes_of(frame, chosen.item or chosen.unit)
    question = codes_of(frame, chosen.unit)[0] if chosen.unit else cluster
    unit = codes_of(frame, (column, *chosen.unit))[0] if chosen.unit else np.arange(len(frame))
    rows = pd.DataFrame({"part": frame[column].to_numpy(), "cluster": cluster, "match": question, "unit": unit})
    rows["point"] = np.ravel_multi_index(level, [axis.n_levels for axis in axes])
    rows["failed"] = verdict[kept]
    units = rows.groupby("unit", sort=True).agg({name: "first" for name in ("part", "cluster", "match", "point")})
    units["failed"] = rows.groupby("unit", sort=True)["failed"].max()
    return Parts(units.reset_index(drop=True), bool(chosen.item or chosen.unit))


def _picked(file: str, frame: pd.DataFrame, filters: Filters) -> pd.DataFrame:
    """The rows that filters let through."""
    for column, values in filters:
        frame = frame[equals(file, column, frame[column], values)]
    return frame


def _left_out(chosen: Chosen, verdict: np.ndarray, axes: Sequence[Axis]) -> np.ndarray:
    """Why each row is left out ``(N,)`` object of str; empty where it counts."""
    reasons = np.full(len(verdict), "", object)
    for axis in axes:
        reasons[axis.level < 0] = f"no value of {axis.name}"
    reasons[np.isnan(verdict)] = f"no verdict in {chosen.failed.column}"
    return reasons


def _verdicts(file: str, table: RecordedTable, verdict: Verdict | None) -> pd.Series:
    """What a verdict says of each row of the whole table: a model of which no row fails is no mistake."""
    cells = table.frame[verdict.column] if verdict else None
    said = np.full(len(table.frame), np.nan) if verdict is None or cells is None else judged(file, verdict, cells)
    return pd.Series(said, index=table.frame.index)


def _items(
    file: str,
    frame: pd.DataFrame,
    failed: np.ndarray,
    also: np.ndarray,
    axes: Sequence[Axis],
    chosen: Chosen,
    share: float,
) -> Items:
    unit, unit_names = codes_of(frame, chosen.unit)
    cluster, names = codes_of(frame, chosen.item or chosen.unit)
    nested(file, chosen, axes, unit, unit_names, cluster)
    point = np.ravel_multi_index([axis.level for axis in axes], [axis.n_levels for axis in axes])
    rows = [f"row {place.lstrip('0')}" for place in frame.index]
    shared = bool(chosen.item or chosen.unit)
    also = np.where(np.isnan(also), -1, np.nan_to_num(also)).astype(np.int8)
    return Items(
        batch=Answers(failed, also, _scores(file, frame, failed, chosen), _shown(frame, chosen)),
        group=np.zeros(len(frame), np.int64),
        names=tuple(f"{names[c]} ({row})" if shared else row for c, row in zip(cluster.tolist(), rows, strict=True)),
        held_out=held_out_both(names, share)[cluster],
        group_names=(GROUP,),
        layout=Layout(cluster, unit, point.astype(np.int64)),
    )


def _scores(file: str, frame: pd.DataFrame, failed: np.ndarray, chosen: Chosen) -> np.ndarray:
    """How right each answer is, in [0, 1]: its score, brought there where the column goes beyond."""
    if chosen.score is None:
        return np.where(failed, 0, 1).astype(np.float32)
    cells = frame[chosen.score]
    scores = pd.to_numeric(cells, errors="coerce").to_numpy(float)
    wrong = np.flatnonzero(np.isnan(scores) & ~is_missing(cells))
    if len(wrong):
        raise UsageError(f"{file}: the score {chosen.score} holds {cells.iloc[wrong[0]]!r}, which is no number")
    low, high = min(0.0, np.nanmin(scores, initial=0.0)), max(1.0, np.nanmax(scores, initial=1.0))
    scores = (scores - low) / (high - low)
    return np.where(np.isnan(scores), np.where(failed, 0, 1), scores).astype(np.float32)


def _shown(frame: pd.DataFrame, chosen: Chosen) -> np.ndarray:
    """What there is to read of each row: ``(column, text)`` pairs."""
    shown = np.empty(len(frame), object)
    columns = [frame[column].tolist() for column in chosen.show]
    for i, texts in enumerate(zip(*columns, strict=True) if columns else ()):
        shown[i] = tuple(zip(chosen.show, texts, strict=True))
    if not columns:
        shown[:] = [()] * len(frame)
    return shown


def _about(items: Items, chosen: Chosen) -> list[str]:
    """What the user should know of what counts as an item."""
    assert items.layout is not None
    n_rows, n_items = len(items), len(np.unique(items.layout.cluster))
    if not chosen.item and not chosen.unit:
        return [
            f"each of the {n_rows:,} rows counts as an item of its own; where several are of one question or picture, "
            "say which with ?item=COLUMN, or intervals are too narrow"
        ]
    if n_items < FEW_ITEMS:
        return [f"{n_rows:,} rows are of {n_items} items only, so that little can be said of others"]
    return []
