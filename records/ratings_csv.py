"""Ratings as CSV, to keep, to share and to bring in from elsewhere."""

from __future__ import annotations

import csv
import math
from collections.abc import Collection, Mapping
from pathlib import Path

import pandas as pd

from failscape.errors import UsageError
from failscape.records.csv_rows import Row, csv_rows, fields
from failscape.records.folder import write_whole
from failscape.records.ratings import COLUMNS, Rating, checked

NEEDED = ("rater", "case", "undesirability")
YES_OR_NO = {"0": False, "false": False, "no": False, "1": True, "true": True, "yes": True}


def write_ratings(frame: pd.DataFrame, path: Path) -> None:
    """Write ratings, as :meth:`~failscape.records.ratings.RatingStore.frame` has them, whole or not at all."""
    probes = frame["probes"].map(lambda numbers: " ".join(map(str, numbers)))
    still_right = frame["still_right"].map({1.0: "True", 0.0: "False"})
    # Notes may hold returns of any kind; quoted and with \n between rows, they come back as they were.
    text = frame.assign(probes=probes, still_right=still_right).to_csv(
        index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC
    )
    try:
        write_whole(path, text)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error


def read_ratings(path: Path, cases: Collection[str] | None = None) -> list[Rating]:
    """The ratings in a CSV file: columns ``rater, case, undesirability``, and any of the others that are written.

    Args:
        path: the file.
        cases: keys that a rating may be of; any where omitted.

    Raises:
        UsageError: the file cannot be read, or a line is malformed: it is named, and nothing is returned.
    """
    return [_line(path, number, row, cases) for number, row in csv_rows(path, NEEDED, COLUMNS)]


def _line(path: Path, number: int, row: Row, cases: Collection[str] | None) -> Rating:
    try:
        rating = _rating(row)
        if cases is not None and rating.case not in cases:
            raise UsageError(f"this run has no case {rating.case!r}; `--export FILE` writes the keys of rated cases")
    except UsageError as error:
        raise UsageError(f"{path}:{number}: {error}. Mend that line; nothing was imported") from None
    return rating


def _rating(row: Row) -> Rating:
    said = fields(row)
    abstains = _yes_or_no("abstain", said) or False
    value = _number("undesirability", said["undesirability"])
    if abstains is (value is not None):
        raise UsageError("a rating has either an undesirability or abstain = true")
    probes = said.get("probes", "").split()
    if not all(text.isdecimal() for text in probes):
        raise UsageError(f"probes {said['probes']!r} are not whole numbers with spaces between")
    return checked(
        Rating(
            said["rater"],
            said["case"],
            said.get("mode", ""),
            tuple(int(text) for text in probes),
            value,
            _number("quality", said.get("quality", "")),
            said.get("note", ""),
            _number("time", said.get("time", "")),
            _yes_or_no("still_right", said),
        )
    )


def _yes_or_no(name: str, said: Mapping[str, str]) -> bool | None:
    """None where it is not said."""
    text = said.get(name, "").strip().lower()
    if text and text not in YES_OR_NO:
        raise UsageError(f"{name} {said[name]!r} is neither true nor false")
    return YES_OR_NO.get(text)


def _number(name: str, text: str) -> float | None:
    if not text.strip():
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise UsageError(f"{name} {text!r} is not a number")
    return number
