"""Each environment is for targets of one task, and says of any other where it belongs."""

from __future__ import annotations

from typing import NamedTuple

from failscape.errors import UsageError
from failscape.targets.base import IMAGE_CLASSIFICATION, SUMMARIZATION, TABULAR_CLASSIFICATION, Target

# By task: what two targets have to share, so that one can be asked in the other's place.
SHARED = {IMAGE_CLASSIFICATION: ("class_names", "image_size"), TABULAR_CLASSIFICATION: ("class_names",)}


class Place(NamedTuple):
    """Where targets of a task belong."""

    does: str  # what they do
    lacks: str  # what those of another task do not do
    env: str  # the environment for them


PLACES = {
    IMAGE_CLASSIFICATION: Place("sorts pictures", "sorts no pictures", "failscape/Classifier-v0"),
    SUMMARIZATION: Place("writes texts", "writes no summaries", "failscape/Summarizer-v0"),
}


def expect_task(target: Target, task: str) -> None:
    """Refuse a target of another task.

    Raises:
        UsageError: it is one; the line says which environment is for it.
    """
    if target.task == task:
        return
    place = PLACES.get(target.task)
    if place is None or task not in PLACES:
        raise UsageError(f"{target.name} is for {target.task}, not for {task}; give it to an environment of that task")
    raise UsageError(f"{target.name} {place.does} and {PLACES[task].lacks}; give it to {place.env}")


def expect_alike(one: Target, other: Target) -> None:
    """Refuse a target that cannot be asked in another's place.

    Raises:
        UsageError: it is of another task, knows other classes or takes other inputs.
    """
    expect_task(other, one.task)
    for what in SHARED.get(one.task, ()):
        if getattr(one, what) != getattr(other, what):
            raise UsageError(f"{other.name} and {one.name} differ in their {what.replace('_', ' ')}")
