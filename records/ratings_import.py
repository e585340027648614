"""Ratings that come in from elsewhere, beside those that are already known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from failscape.records.ratings import Rating, RatingStore


@dataclass
class Imported:
    """What became of ratings that came in."""

    new: int = 0  # the first of their rater and case
    changed: int = 0  # they count instead of what the rater said before
    known: int = 0  # they say what is stored already, and were not stored once more
    older: int = 0  # they say something else than a later one of the same rater and case, which still counts
    kept: list[Rating] = field(default_factory=list)  # all but the known ones

    def __str__(self) -> str:
        parts = f"{self.new} new, {self.changed} changed, {self.known} known already"
        return f"{parts}, {self.older} older than what counts" if self.older else parts


def import_ratings(store: RatingStore, ratings: Iterable[Rating]) -> Imported:
    """Append the ratings that are not known yet, all or none, and say what became of each.

    A rating is known where its rater said the same of its case at the same time, or says it now.
    """
    stored = [_stored(row) for row in store.frame().to_dict("records")]
    exact = {(*_key(rating), _said(rating), rating.time) for rating in stored}
    counting: dict[tuple[str, str], Rating] = {}
    for rating in sorted(stored, key=_when):
        counting[_key(rating)] = rating
    imported = Imported()
    for rating in ratings:
        key, said = _key(rating), _said(rating)
        now = counting.get(key)
        if (*key, said, rating.time) in exact or (now is not None and _said(now) == said):
            imported.known += 1
            continue
        imported.kept.append(rating)
        exact.add((*key, said, rating.time))
        if now is not None and _when(rating) < _when(now):
            imported.older += 1
            continue
        imported.new += now is None
        imported.changed += now is not None
        counting[key] = rating
    store.append(imported.kept)
    return imported


def _key(rating: Rating) -> tuple[str, str]:
    return rating.rater.strip(), rating.case


def _said(rating: Rating) -> tuple[Any, ...]:
    return rating.undesirability, rating.quality, rating.note, rating.still_right


def _when(rating: Rating) -> float:
    """Where no time is given, a rating is of now."""
    return float("inf") if rating.time is None else rating.time


def _stored(row: dict[Any, Any]) -> Rating:
    """A row of the store as a rating, without NaN."""
    row = {name: None if value != value else value for name, value in row.items()}
    return Rating(*(row[name] for name in Rating._fields))
