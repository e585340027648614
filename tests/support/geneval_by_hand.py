"""GenEval's rules a second time: object by object in exact fractions, from the lines of the metadata as they stand."""

from fractions import Fraction
from typing import Any, NamedTuple


class Seen(NamedTuple):
    """One detected object, and the colour that a reader of colours would give it."""

    name: str
    confidence: float
    box: tuple[float, float, float, float]
    colour: str


def correct_by_hand(record: dict[str, Any], seen: list[Seen]) -> bool:
    threshold = 0.9 if record["tag"] == "counting" else 0.3
    objects: dict[str, list[Seen]] = {}
    for one in sorted(seen, key=lambda one: one.confidence, reverse=True):  # a stable sort
        same = objects.setdefault(one.name, [])
        if one.confidence > threshold and len(same) < 16:
            same.append(one)
    fine: list[list[Seen] | None] = []
    for clause in record.get("include", []):
        best = objects.get(clause["class"], [])[: clause["count"]]
        good = len(best) == clause["count"] and coloured(best, clause) and placed(best, clause, fine)
        fine.append(best if good else None)
    for clause in record.get("exclude", []):
        if len(objects.get(clause["class"], [])) >= clause["count"]:
            return False
    return None not in fine


def coloured(best: list[Seen], clause: dict[str, Any]) -> bool:
    return all(one.colour == clause.get("color", one.colour) for one in best)


def placed(best: list[Seen], clause: dict[str, Any], fine: list[list[Seen] | None]) -> bool:
    if "position" not in clause:
        return True
    direction, index = clause["position"]
    others = fine[index]
    return others is not None and all(lies(one, other, direction) for one in best for other in others)


def lies(one: Seen, other: Seen, direction: str) -> bool:
    """Whether the part of the offset beyond the margin is more than half as long as the offset: by squares."""
    x, w = _middle_and_size(one.box[0], one.box[2])
    y, h = _middle_and_size(one.box[1], one.box[3])
    other_x, other_w = _middle_and_size(other.box[0], other.box[2])
    other_y, other_h = _middle_and_size(other.box[1], other.box[3])
    ahead = {
        "left of": other_x - x - (w + other_w) / 10,
        "right of": x - other_x - (w + other_w) / 10,
        "above": other_y - y - (h + other_h) / 10,
        "below": y - other_y - (h + other_h) / 10,
    }[direction]
    return ahead > 0 and 4 * ahead**2 > (x - other_x) ** 2 + (y - other_y) ** 2


def _middle_and_size(low: float, high: float) -> tuple[Fraction, Fraction]:
    return (Fraction(low) + Fraction(high)) / 2, Fraction(high) - Fraction(low)
