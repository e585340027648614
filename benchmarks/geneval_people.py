"""What five people said of pictures, judged by GenEval's rules, and how far they agree.

A line of the table is one person's answer on one picture: how many objects of each class of the prompt they saw
(``count-i``; 5 stands for five or more), of which colours (``color-i``, any number of them), and where the second class
lies from the first (``position-x``, ``position-y``). Classes are in the order of the metadata's ``include``, not of the
prompt: where people see a tie and a table, or an umbrella and a couch, it is the table and the couch that lie below.
Persons have no names, so that one who judged many pictures cannot be told from several.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from failscape.analysis.statistics.rates import cluster_interval
from failscape.data.prompts.geneval import TASKS, GenevalRule
from failscape.errors import UsageError
from failscape.rewards.geneval import scores, verdict
from failscape.targets.detectors.detections import Detections

PEOPLE = 5  # per picture
CONTAINS, ONLY = "contains", "only"  # the right colour is among those that a person names, or is the only one
# Empty where a class was not seen, so that nobody was asked: its count is wrong already.
ACROSS = {"left": -1, "right": 1, "neither_x": 0, "": 0}
DOWN = {"above": -1, "below": 1, "neither_y": 0, "": 0}
FAR = 10.0  # from the first class to the second, whose boxes have sides of 2


class Answer(NamedTuple):
    """What one person said of one picture."""

    counts: tuple[int, ...]  # of each class of the prompt
    colours: tuple[frozenset[str], ...]
    across: int  # where the second class lies from the first: -1 left, 1 right
    down: int  # -1 above, 1 below


class Picture(NamedTuple):
    """One picture, and what the people said of it."""

    rule: GenevalRule
    name: str
    answers: tuple[Answer, ...]


class Agreement(NamedTuple):
    """How often one person's verdict is that of the majority of the other four; two against two count as half."""

    rate: float
    interval: tuple[float, float]  # 95 %, clusters are pictures
    interval_by_prompt: tuple[float, float]  # 95 %, clusters are prompts, of which each has four pictures
    without_ties: float  # of those persons whose four others have a majority
    ties: float  # share of persons whose four others are two against two
    chance: float  # the same rate beside the majority of a picture of the task drawn at random
    hits: float  # share of "correct" by one person where the majority says so, ties left out
    false_alarms: float  # the same where the majority says "wrong"
    correct: float  # share of pictures that are correct by the majority of all five
    n_pictures: int


def read_people(path: Path, rules: Mapping[str, GenevalRule]) -> list[Picture]:
    """The pictures of a table, in its order.

    Args:
        path: of a CSV file.
        rules: by prompt.

    Raises:
        UsageError: A prompt has no rule, or a picture has not five answers.
    """
    answers: dict[tuple[str, str], list[Answer]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["caption"] not in rules:
                raise UsageError(f"{path}: the metadata have no rule for '{row['caption']}'")
            n = len(rules[row["caption"]].include)
            answers.setdefault((row["caption"], row["image_id"]), []).append(_answer(row, n))
    uneven = [name for name, told in answers.items() if len(told) != PEOPLE]
    if uneven:
        raise UsageError(f"{path}: {uneven[0]} has not {PEOPLE} answers")
    return [Picture(rules[prompt], f"{prompt} {image}", tuple(told)) for (prompt, image), told in answers.items()]


def _answer(row: Mapping[str, str], n_classes: int) -> Answer:
    counts = tuple(int(float(row[f"count-{place}"])) for place in range(n_classes))
    colours = tuple(frozenset(filter(None, row[f"color-{place}"].split("|"))) for place in range(n_classes))
    return Answer(counts, colours, ACROSS[row["position-x"]], DOWN[row["position-y"]])


def is_correct(rule: GenevalRule, answer: Answer, colours: str = CONTAINS) -> bool:
    """The verdict of the rules, on boxes that lie as the person says."""
    names, boxes, named = [], [], {}
    for place, clause in enumerate(rule.include):
        x, y = (FAR * answer.across, FAR * answer.down) if place else (0.0, 0.0)
        for _ in range(answer.counts[place]):
            named[len(names)] = _colour(clause.colour, answer.colours[place], colours)
            names.append(clause.name)
            boxes.append((x - 1, y - 1, x + 1, y + 1))
    seen = Detections(np.array(names, object), np.ones(len(names)), np.array(boxes, float).reshape(-1, 4))
    return verdict(rule, seen, named).correct


def _colour(wanted: str, told: frozenset[str], colours: str) -> str:
    """The one colour that stands for those that a person names."""
    right = wanted in told if colours == CONTAINS else told == {wanted}
    return wanted if right else "another colour"


def verdicts_of(pictures: Sequence[Picture], colours: str = CONTAINS) -> np.ndarray:
    """The verdict of each person on each picture: (pictures, 5) bool."""
    return np.array([[is_correct(picture.rule, answer, colours) for answer in picture.answers] for picture in pictures])


def agreement(verdicts: np.ndarray, prompts: Sequence[str]) -> Agreement:
    """Of one person with the other four.

    Args:
        verdicts: (pictures, 5) bool.
        prompts: of the pictures, which are clusters, too.
    """
    others = verdicts.sum(axis=1, keepdims=True) - verdicts
    majority = others > (PEOPLE - 1) / 2
    tied = others == (PEOPLE - 1) / 2
    same = np.where(tied, 0.5, verdicts == majority)
    share = float(np.where(tied, 0.5, majority).mean())
    decided, one = ~tied, float(verdicts.mean())
    return Agreement(
        rate=float(same.mean()),
        interval=_interval(np.arange(len(verdicts)), same),
        interval_by_prompt=_interval(np.unique(prompts, return_inverse=True)[1], same),
        without_ties=_mean((verdicts == majority)[decided]),
        ties=float(tied.mean()),
        chance=one * share + (1 - one) * (1 - share),
        hits=_mean(verdicts[decided & majority]),
        false_alarms=_mean(verdicts[decided & ~majority]),
        correct=float((verdicts.sum(axis=1) > PEOPLE / 2).mean()),
        n_pictures=len(verdicts),
    )


def agreements(pictures: Sequence[Picture], verdicts: np.ndarray) -> dict[str, Agreement]:
    """By task."""
    tasks = np.array([picture.rule.task for picture in pictures], object)
    prompts = np.array([picture.rule.prompt for picture in pictures])
    return {task: agreement(verdicts[tasks == task], prompts[tasks == task].tolist()) for task in TASKS}


def overall(by_task: Mapping[str, Agreement], field: str) -> float:
    """The unweighted mean of a figure over tasks, as GenEval's own score is one."""
    return scores([*by_task], np.array([getattr(found, field) for found in by_task.values()])).overall


def excess_interval(pictures: Sequence[Picture], verdicts: np.ndarray, n_draws: int = 1000) -> tuple[float, float]:
    """95 % interval of the overall agreement less that by chance: bootstrap over the prompts of each task."""
    rng = np.random.default_rng(0)
    tasks = np.array([picture.rule.task for picture in pictures], object)
    prompts = np.unique([picture.rule.prompt for picture in pictures], return_inverse=True)[1]
    draws = []
    for _ in range(n_draws):
        excess = []
        for task in TASKS:
            rows = np.flatnonzero(tasks == task)
            groups = [rows[prompts[rows] == prompt] for prompt in np.unique(prompts[rows])]
            drawn = np.concatenate([groups[place] for place in rng.integers(len(groups), size=len(groups))])
            excess.append(_excess(verdicts[drawn]))
        draws.append(np.mean(excess))
    low, high = np.quantile(draws, (0.025, 0.975))
    return float(low), float(high)


def _excess(verdicts: np.ndarray) -> float:
    others = verdicts.sum(axis=1, keepdims=True) - verdicts
    majority = np.clip(others - 1, 0, 2) / 2  # 0 for at most one of four, a half for two, 1 for three and more
    rate = np.where(verdicts, majority, 1 - majority).mean()
    one, share = verdicts.mean(), majority.mean()
    return float(rate - one * share - (1 - one) * (1 - share))


def _interval(clusters: np.ndarray, same: np.ndarray) -> tuple[float, float]:
    units = np.repeat(clusters, PEOPLE)
    return cluster_interval(units, same.ravel(), np.ones(same.size))


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else float("nan")
