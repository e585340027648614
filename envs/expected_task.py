"""Each environment is for targets of one task, and says of any other where it belongs."""

from __future__ import annotations

from typing import NamedTuple

from failscape.errors import UsageError
from failscape.targets.base import IMAGE_CLASSIFICATION, SUMMARIZATION, Target


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
    lacks, place = PLACES[task].lacks, PLACES.get(target.task)
    if place is None:
        raise UsageError(f"{target.name} is for {target.task} and {lacks}; give it to an environment of that task")
    raise UsageError(f"{target.name} {place.does} and {lacks}; give it to {place.env}")
