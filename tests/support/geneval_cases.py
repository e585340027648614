"""Detections that are made to lie about GenEval's thresholds: drawn by a seed, over all six tasks."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from failscape.data.prompts.geneval import COLOURS, DIRECTIONS, TASKS
from failscape.targets.detectors.detections import Detections
from tests.support.geneval_by_hand import Seen

CLASSES = ("bench", "cow", "computer mouse", "dog", "tv remote", "wine glass")
TOWARDS = {"left of": (-1, 0), "right of": (1, 0), "above": (0, -1), "below": (0, 1)}
# Along the direction, across it, and the sum of the sizes on both axes: in it, not in it, and exactly on the edge.
PLACES = (
    *((60, 0, 40), (60, 20, 40), (60, 55, 40), (60, 90, 40), (-60, 0, 40), (0, 0, 40), (0, 60, 40)),
    *((20, 0, 100), (21, 0, 100), (40, 30, 150), (41, 30, 150), (40, 30, 140), (10, 0, 100), (12, 5, 110)),
    *((6, 8, 50), (30, 40, 50), (30, 40, 60), (12, 0, 100), (6, 0, 60)),
)


class Case(NamedTuple):
    """A line of metadata, and what was detected in a picture of it."""

    record: dict[str, Any]
    seen: list[Seen]

    def detections(self) -> Detections:
        names = np.array([one.name for one in self.seen], object)
        boxes = np.array([one.box for one in self.seen], float).reshape(-1, 4)
        return Detections(names, np.array([one.confidence for one in self.seen], float), boxes)

    def colours(self) -> dict[int, str]:
        return {row: one.colour for row, one in enumerate(self.seen)}


def draw_cases(n: int, seed: int) -> list[Case]:
    """Cases of the six tasks in turn; about half of them are a correct picture that was disturbed."""
    rng = np.random.default_rng(seed)
    return [_draw(TASKS[index % len(TASKS)], rng) for index in range(n)]


def _draw(task: str, rng: np.random.Generator) -> Case:
    record = _record(task, rng)
    seen = _right(record, rng)
    for _ in range(int(rng.integers(0, 4))):
        seen = _pick(DISTURBANCES, rng)(seen, record, rng)
    return Case(record, [seen[place] for place in rng.permutation(len(seen))])


def _record(task: str, rng: np.random.Generator) -> dict[str, Any]:
    names = [CLASSES[place] for place in rng.permutation(len(CLASSES))]
    colours = [COLOURS[place] for place in rng.permutation(len(COLOURS))]
    first: dict[str, Any] = {"class": names[0], "count": 1}
    second: dict[str, Any] = {"class": names[1], "count": int(rng.choice([1, 1, 2]))}
    if task == "counting":
        first["count"] = int(rng.choice([2, 3, 4, 15, 16, 17]))
        exclude = [{"class": names[0], "count": first["count"] + 1}]
        return {"tag": task, "prompt": task, "include": [first], "exclude": exclude}
    if task in ("colors", "color_attr"):
        first["color"], second["color"] = colours[:2]
    if task == "colors":
        first["count"] = int(rng.choice([1, 1, 2]))
    if task == "position":
        second["position"] = [_pick(DIRECTIONS, rng), 0]
    alone = task in ("single_object", "colors")
    return {"tag": task, "prompt": task, "include": [first] if alone else [first, second]}


def _right(record: dict[str, Any], rng: np.random.Generator) -> list[Seen]:
    """What follows the rule, but that some positions are on the edge or beyond it."""
    seen = []
    for clause in record["include"]:
        along, across, size = PLACES[0] if rng.random() < 0.3 else _pick(PLACES, rng)
        dx, dy = TOWARDS[clause["position"][0]] if "position" in clause else (0, 0)
        x, y = 500 + along * dx + across * dy, 500 + along * dy + across * dx
        for _ in range(clause["count"]):
            half = (size - 20) / 2 if (dx, dy) != (0, 0) else 10  # the target's size is 20
            colour = clause.get("color", _pick(COLOURS, rng))
            box = (x - half, y - half, x + half, y + half)
            seen.append(Seen(clause["class"], float(rng.uniform(0.91, 0.99)), box, colour))
    return seen


def _another(seen: list[Seen], record: dict[str, Any], rng: np.random.Generator, confidence: float) -> list[Seen]:
    """One more of a class that the rule names, somewhere, of a colour that is often asked for."""
    clause = _pick(record["include"], rng)
    x, y = rng.integers(300, 700, 2).tolist()
    colour = clause.get("color", COLOURS[0]) if rng.random() < 0.5 else _pick(COLOURS, rng)
    return [*seen, Seen(clause["class"], confidence, (x, y, x + 30, y + 40), colour)]


def _changed(seen: list[Seen], rng: np.random.Generator, **values: Any) -> list[Seen]:
    if not seen:
        return seen
    place = int(rng.integers(len(seen)))
    return [one._replace(**values) if index == place else one for index, one in enumerate(seen)]


def _at_threshold(record: dict[str, Any], rng: np.random.Generator) -> float:
    threshold = 0.9 if record["tag"] == "counting" else 0.3
    return _pick([threshold, math.nextafter(threshold, 1), math.nextafter(threshold, 0)], rng)


def _crowd(seen: list[Seen], record: dict[str, Any], rng: np.random.Generator) -> list[Seen]:
    for _ in range(int(rng.integers(13, 21))):
        seen = _another(seen, record, rng, float(rng.uniform(0.2, 0.9)))
    return seen


def _pick(some: Any, rng: np.random.Generator) -> Any:
    return some[int(rng.integers(len(some)))]


Disturbance = Callable[[list[Seen], dict[str, Any], np.random.Generator], list[Seen]]
DISTURBANCES: tuple[Disturbance, ...] = (
    lambda seen, record, rng: seen[1:],
    lambda seen, record, rng: seen[:-1],
    lambda seen, record, rng: _another(seen, record, rng, float(rng.uniform(0, 1))),
    lambda seen, record, rng: _another(seen, record, rng, 0.995),
    lambda seen, record, rng: _another(seen, record, rng, _at_threshold(record, rng)),
    lambda seen, record, rng: _changed(seen, rng, confidence=_at_threshold(record, rng)),
    lambda seen, record, rng: _changed(seen, rng, confidence=float(rng.uniform(0.3, 0.9))),
    lambda seen, record, rng: _changed(seen, rng, colour=_pick(COLOURS, rng)),
    lambda seen, record, rng: _changed(seen, rng, name=_pick(CLASSES, rng)),
    lambda seen, record, rng: [*seen, *_changed(seen, rng, colour=_pick(COLOURS, rng))],  # as confident as one before
    _crowd,
)
