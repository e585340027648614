"""GenEval's verdict on a picture from what a detector found in it (Ghosh, Hajishirzi and Schmidt 2023).

The rules are those of the released code (``evaluate_images.py``), confidences and boxes as the detector gives them:

- Of each class the detections above the threshold count, the 16 most confident at most; boxes may overlap.
- A clause of ``include`` wants ``count`` objects and looks at the ``count`` most confident ones alone: each of them
  must have the colour, and each must be in the direction from each object of the target clause. A target clause that
  is not met itself has no objects.
- A clause of ``exclude`` wants fewer than ``count``.
- A score is the share of correct pictures of a task; the overall score is the unweighted mean over tasks.

One thing is our choice: of equally confident detections the first counts as more confident, where the released code
leaves their order to NumPy's unstable sort.

Shapes: ``D`` detections, ``B`` pictures, ``A`` and ``T`` boxes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from failscape.common.format import counted, listed
from failscape.data.prompts.geneval import DIRECTIONS, TASKS, GenevalRule, Included
from failscape.errors import UsageError, did_you_mean
from failscape.targets.detectors.detections import Detections

RELEASED, PAPER = "released", "paper"
LEAST_OFFSET = 1e-3  # px; the released code takes two boxes whose offset exceeds the margin by less for coincident
COUNTING = "counting"


@dataclass(frozen=True)
class GenevalSettings:
    """Thresholds, by default those of the released code.

    The position rule has two variants. That of the paper is the margin alone. The released code asks in addition how
    far the offset points in the direction: a box that lies diagonally may be both ``left of`` and ``above`` in either,
    but one that is far to the left and slightly above is ``above`` in the paper's only.

    Raises:
        UsageError: There is no such position rule.
    """

    confidence: float = 0.3  # a detection counts above it
    counting: float = 0.9  # the same in the task of counting
    at_most: int = 16  # detections of a class
    margin: float = 0.1  # of the sum of two boxes' widths or heights
    towards: float = 0.5  # share of the raw offset's length, of the released rule
    position: str = RELEASED  # or PAPER

    def __post_init__(self) -> None:
        if self.position not in (RELEASED, PAPER):
            known = did_you_mean(self.position, (RELEASED, PAPER))
            raise UsageError(f"there is no position rule '{self.position}'{known}")

    def least(self, task: str) -> float:
        """The confidence above which a detection counts."""
        return self.counting if task == COUNTING else self.confidence


class Verdict(NamedTuple):
    """Whether a picture follows its rule, and what is wrong where it does not."""

    correct: bool
    reasons: tuple[str, ...]  # a line for each clause that is not met


class GenevalScores(NamedTuple):
    """Shares of correct pictures in [0, 1]."""

    tasks: dict[str, float]  # of the tasks that occur, in GenEval's order
    n_pictures: dict[str, int]
    overall: float  # the mean over these tasks; comparable with published scores where all six occur


def verdict(
    rule: GenevalRule,
    detections: Detections,
    colours: Mapping[int, str] | None = None,
    settings: GenevalSettings | None = None,
) -> Verdict:
    """Whether the detections follow the rule, and why not.

    Args:
        rule: Of the picture's prompt.
        detections: In the picture.
        colours: By row of the detections; those of :func:`colour_rows` are needed.
        settings: Thresholds; without them those of the released code.

    Raises:
        UsageError: The detections are malformed, or a colour that is needed is not given.
    """
    settings = settings or GenevalSettings()
    found = kept(detections, settings.least(rule.task), settings.at_most)
    groups: list[np.ndarray | None] = []
    reasons = []
    for clause in rule.include:
        rows = _of(found, clause.name)[: clause.count]
        reason = (
            _too_few(clause, rows)
            or _other_colour(clause, rows, colours or {})
            or _elsewhere(clause, rows, groups, detections.boxes, settings)
        )
        groups.append(None if reason else rows)
        reasons.append(reason)
    for absent in rule.exclude:
        n = len(_of(found, absent.name))
        reasons.append(f"{n} {absent.name} found, not fewer than {absent.count}" if n >= absent.count else "")
    told = tuple(filter(None, reasons))
    return Verdict(not told, told)


def verdicts(
    rules: Sequence[GenevalRule],
    detections: Sequence[Detections],
    colours: Sequence[Mapping[int, str]],
    settings: GenevalSettings | None = None,
) -> list[Verdict]:
    """The verdict on each of ``B`` pictures; arguments as :func:`verdict` has, one per picture.

    Raises:
        UsageError: As of :func:`verdict`, or their numbers differ.
    """
    if not len(rules) == len(detections) == len(colours):
        raise UsageError(
            f"{len(rules)} rules, {len(detections)} detections and {len(colours)} colours differ in number"
        )
    return [verdict(*one, settings) for one in zip(rules, detections, colours, strict=True)]


def colour_rows(rule: GenevalRule, detections: Detections, settings: GenevalSettings | None = None) -> np.ndarray:
    """Rows of the detections whose colour the rule asks for, sorted: (M,) int64.

    They are the ``count`` most confident ones of a class that must have a colour, where there are as many.

    Raises:
        UsageError: The detections are malformed.
    """
    settings = settings or GenevalSettings()
    found = kept(detections, settings.least(rule.task), settings.at_most)
    asked = [_of(found, clause.name) for clause in rule.include if clause.colour]
    counts = [clause.count for clause in rule.include if clause.colour]
    rows = [rows[:count] for rows, count in zip(asked, counts, strict=True) if len(rows) >= count]
    return np.unique(np.concatenate([np.zeros(0, np.int64), *rows]))


def kept(detections: Detections, least: float, at_most: int) -> dict[str, np.ndarray]:
    """Rows of the detections that count, by class, the most confident one first.

    Args:
        detections: in a picture.
        least: confidence that they must exceed.
        at_most: how many of a class count.

    Raises:
        UsageError: The detections are malformed.
    """
    detections.check()
    order = np.argsort(-detections.confidences, kind="stable")
    order = order[detections.confidences[order] > least]
    names = detections.names[order]
    return {name: order[names == name][:at_most] for name in dict.fromkeys(names.tolist())}


def directions(boxes: np.ndarray, targets: np.ndarray, settings: GenevalSettings | None = None) -> np.ndarray:
    """Where each box lies from each target: ``(A, 4), (T, 4) -> (A, T, 4)`` bool, in the order of ``DIRECTIONS``.

    The offset of the centres is shortened on each axis by ``margin`` times the sum of the two sizes. Released rule:
    what remains, divided by the length of the offset itself, exceeds ``towards``. Paper's rule: something remains.
    """
    settings = settings or GenevalSettings()
    (centre, size), (to, to_size) = _centres_and_sizes(boxes), _centres_and_sizes(targets)
    offset = centre[:, None] - to[None]
    beyond = np.maximum(np.abs(offset) - settings.margin * (size[:, None] + to_size[None]), 0.0)
    if settings.position == PAPER:
        enough = beyond > 0
    else:
        length = np.linalg.norm(offset, axis=-1, keepdims=True)
        apart = beyond.max(axis=-1, keepdims=True) >= LEAST_OFFSET
        enough = np.divide(beyond, length, out=np.zeros_like(beyond), where=apart) > settings.towards
    return np.stack([enough[..., axis] & (sign * offset[..., axis] > 0) for axis in (0, 1) for sign in (-1, 1)], -1)


def scores(tasks: Sequence[str], correct: np.ndarray) -> GenevalScores:
    """Shares of correct pictures, by task and overall.

    Args:
        tasks: of each picture, (B,).
        correct: (B,) bool, or shares in [0, 1].

    Raises:
        UsageError: There is no picture, or no such task.
    """
    if not len(tasks) or len(tasks) != len(correct):
        raise UsageError(f"scores want a task for each verdict and at least one, not {len(tasks)} and {len(correct)}")
    unknown = set(tasks) - set(TASKS)
    if unknown:
        raise UsageError(f"GenEval has no task '{min(unknown)}'{did_you_mean(min(unknown), TASKS)}")
    of_task, right = np.array(tasks, object), np.asarray(correct, np.float64)
    found = [task for task in TASKS if task in set(tasks)]
    shares = {task: float(right[of_task == task].mean()) for task in found}
    return GenevalScores(
        shares, {task: int((of_task == task).sum()) for task in found}, float(np.mean([*shares.values()]))
    )


def _of(found: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    return found.get(name, np.zeros(0, np.int64))


def _centres_and_sizes(boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]


def _too_few(clause: Included, rows: np.ndarray) -> str:
    return f"{len(rows)} {clause.name} found, not {clause.count}" if len(rows) < clause.count else ""


def _other_colour(clause: Included, rows: np.ndarray, colours: Mapping[int, str]) -> str:
    if not clause.colour:
        return ""
    lacking = [row for row in rows.tolist() if row not in colours]
    if lacking:
        raise UsageError(f"the colour of detection {lacking[0]} ({clause.name}) is needed and not given")
    seen = Counter(colours[row] for row in rows.tolist())
    if seen[clause.colour] == len(rows):
        return ""
    return f"{clause.name} wanted {clause.colour}: {listed([f'{n} {colour}' for colour, n in seen.items()])} found"


def _elsewhere(
    clause: Included,
    rows: np.ndarray,
    groups: Sequence[np.ndarray | None],
    boxes: np.ndarray,
    settings: GenevalSettings,
) -> str:
    if clause.relation is None:
        return ""
    wanted, targets = clause.relation.direction, groups[clause.relation.target]
    if targets is None:
        return f"nothing found for the {clause.name} to be {wanted}"
    there = directions(boxes[rows], boxes[targets], settings)[..., DIRECTIONS.index(wanted)]
    wrong = counted(int((~there).sum()), "pair")
    return "" if there.all() else f"{clause.name} not {wanted} its target in {wrong} of {there.size}"
