"""What a person says of a table of evaluations: which column is the verdict, which the item, which rows count."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from failscape.common.format import a_few
from failscape.common.uri import check_options
from failscape.errors import UsageError, did_you_mean

OPTIONS = ("failed", "item", "where", "part", "unit", "also", "score", "show")
YES, NO = ("true", "1", "yes", "1.0"), ("false", "0", "no", "0.0")  # of a verdict that stands in a column by itself
MISSING = ("", "nan", "na", "n/a", "none", "null")  # what tables have for nothing

_COMPARED: dict[str, Callable[[Any, float], Any]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_SIGN = re.compile("<=|>=|[:<>~]")


Filters = tuple[tuple[str, tuple[str, ...]], ...]  # columns and the values that a row may have there


class Verdict(NamedTuple):
    """Which rows failed, by one column: ``correct:0``, ``grade:C,D``, ``score<0.5``, ``answer~I cannot``."""

    column: str
    sign: str = ""  # "" where the column itself says whether it failed
    value: str = ""

    def __str__(self) -> str:
        return f"{self.column}{self.sign}{self.value}"


class Chosen(NamedTuple):
    """The columns of a table by what they are for."""

    failed: Verdict
    item: tuple[str, ...] = ()  # rows that agree in these are of one item
    where: Filters = ()  # rows that count
    part: Filters = ()  # rows of these that are looked at; the axes are made of all that count
    unit: tuple[str, ...] = ()  # rows that agree in these count together
    also: Verdict | None = None  # a second verdict
    score: str | None = None  # how right each answer is
    show: tuple[str, ...] = ()  # texts of examples

    @property
    def used(self) -> list[str]:
        """The columns that are read, each once."""
        verdicts = [verdict.column for verdict in (self.failed, self.also) if verdict]
        filters = (column for column, _ in (*self.where, *self.part))
        named = [*verdicts, *self.item, *filters, *self.unit, *self.show]
        return list(dict.fromkeys([*named, *([self.score] if self.score else [])]))


def choose(where: str, known: Sequence[str], options: Mapping[str, str]) -> Chosen:
    """The columns that options name.

    Args:
        where: what the table is called in messages.
        known: its columns.
        options: as they were typed.

    Raises:
        UsageError: an unknown option or column, or no verdict.
    """
    check_options(where, options, (*OPTIONS, "encoding"))
    if "failed" not in options:
        raise UsageError(
            f"{where} needs a verdict: give ?failed=COLUMN:VALUE, such as failed=correct:0; its columns are "
            f"{a_few(known, 12)}"
        )

    def listed(option: str) -> tuple[str, ...]:
        names = options.get(option, "").split(",") if option in options else []
        return tuple(known_column(where, known, name.strip()) for name in names)

    score = options.get("score")
    return Chosen(
        failed=verdict_of(where, known, options["failed"]),
        item=listed("item"),
        where=_filters(where, known, "where", options.get("where", "")),
        part=_filters(where, known, "part", options.get("part", "")),
        unit=listed("unit"),
        also=verdict_of(where, known, options["also"]) if "also" in options else None,
        score=None if score is None else known_column(where, known, score),
        show=listed("show"),
    )


def known_column(where: str, known: Sequence[str], name: str) -> str:
    """The name itself, if it is a column's.

    Raises:
        UsageError: it is none; the closest one is named.
    """
    if name in known:
        return name
    close = did_you_mean(name, known).partition("did you mean ")[2]
    guess = f"; did you mean {close}" if close else ""
    raise UsageError(f"{where} has no column {name!r}{guess}; its columns are {a_few(known, 12)}")


def verdict_of(where: str, known: Sequence[str], text: str) -> Verdict:
    """``COLUMN``, ``COLUMN:VALUE,VALUE``, ``COLUMN<0.5``, ``COLUMN~TEXT``; a column's name may hold such signs, too.

    Raises:
        UsageError: there is no such column, or what it is compared with is no number.
    """
    if text in known:
        return Verdict(text)
    found = next((sign for sign in _SIGN.finditer(text) if text[: sign.start()] in known), None) or _SIGN.search(text)
    if found is None:
        return Verdict(known_column(where, known, text))
    column, sign, value = known_column(where, known, text[: found.start()]), found[0], text[found.end() :].strip()
    if not value:
        raise UsageError(f"{where}: {text!r} does not say which value; write {column}{sign}VALUE")
    if sign in _COMPARED and number_of(value) is None:
        raise UsageError(f"{where}: {column} is compared with {value!r}, which is no number")
    return Verdict(column, sign, value)


def judged(where: str, verdict: Verdict, cells: pd.Series) -> np.ndarray:
    """What a verdict says of each cell ``(N,)``: 1 failed, 0 held, NaN nothing.

    Raises:
        UsageError: the column holds something else than yes and no and nobody says what it means, or no row has any of
            the values.
    """
    empty = is_missing(cells)
    if verdict.sign in _COMPARED:
        numbers = pd.to_numeric(cells, errors="coerce").to_numpy(float)
        wrong = np.flatnonzero(np.isnan(numbers) & ~empty)
        if len(wrong):
            raise UsageError(f"{where}: {verdict.column} holds {cells.iloc[wrong[0]]!r}, which is no number")
        return np.where(empty, np.nan, _COMPARED[verdict.sign](numbers, float(verdict.value)))
    if verdict.sign == "~":
        holds = cells.str.contains(verdict.value, case=False, regex=False).to_numpy(bool)
        return np.where(empty, np.nan, holds)
    if verdict.sign == ":":
        values = tuple(value.strip() for value in verdict.value.split(","))
        return np.where(empty, np.nan, equals(where, verdict.column, cells, values))
    folded = cells.str.lower()
    strange = np.flatnonzero(~folded.isin([*YES, *NO]).to_numpy() & ~empty)
    if len(strange):
        value = cells.iloc[strange[0]]
        raise UsageError(
            f"{where}: {verdict.column} holds {value!r}; say which values mean that it failed, as in "
            f"failed={verdict.column}:{value}"
        )
    return np.where(empty, np.nan, folded.isin(YES).to_numpy())


def equals(where: str, column: str, cells: pd.Series, values: Sequence[str]) -> np.ndarray:
    """Which cells ``(N,)`` are one of some values: as texts, or as numbers (``1.0`` is 1).

    Raises:
        UsageError: none is; the closest value is named.
    """
    numbers = {number_of(value) for value in values} - {None}
    found = cells.isin(values).to_numpy()
    if numbers:
        found = found | pd.to_numeric(cells, errors="coerce").isin(numbers).to_numpy()
    if not found.any():
        seen = [str(value) for value in pd.unique(cells)]
        close = did_you_mean(values[0], seen) if len(seen) <= 1000 else ""
        raise UsageError(f"{where} has no row whose {column} is {' or '.join(values)}{close}")
    return np.asarray(found)


def is_missing(cells: pd.Series) -> np.ndarray:
    """Which cells say nothing, ``(N,)`` bool."""
    return cells.str.lower().isin(MISSING).to_numpy()


def number_of(text: str) -> float | None:
    """The number that a text is; None where it is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def _filters(where: str, known: Sequence[str], option: str, text: str) -> Filters:
    """``model:gpt-4o,prompt:count``; a column that is given twice may have either value."""
    found: dict[str, tuple[str, ...]] = {}
    for part in text.split(",") if text else []:
        verdict = verdict_of(where, known, part.strip())
        if verdict.sign != ":":
            raise UsageError(f"{where}: {option}={part} does not say which rows; write {option}=COLUMN:VALUE")
        found[verdict.column] = (*found.get(verdict.column, ()), verdict.value)
    return tuple(found.items())
