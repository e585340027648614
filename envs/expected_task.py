"""Each environment is for targets of one task, and says of any other where it belongs."""

from __future__ import annotations

from failscape.common.nouns import Nouns
from failscape.common.task import task_named
from failscape.concepts import ConceptSpace
from failscape.data.base import Items
from failscape.errors import UsageError
from failscape.targets.base import Target


def expect_task(target: Target, name: str) -> None:
    """Refuse a target of another task.

    Raises:
        UsageError: it is one; the line says which environment is for it.
    """
    if target.task == name:
        return
    wanted, its = task_named(name), task_named(target.task)
    if wanted is None or its is None:
        raise UsageError(f"{target.name} is for {target.task}, not for {name}; give it to an environment of that task")
    raise UsageError(f"{target.name} {its.does} and {wanted.lacks}; give it to {its.env_id}")


def expect_alike(one: Target, other: Target) -> None:
    """Refuse a target that cannot be asked in another's place.

    Raises:
        UsageError: it is of another task, knows other classes or takes other inputs.
    """
    expect_task(other, one.task)
    task = task_named(one.task)
    for what in task.shared if task else ():
        if getattr(one, what) != getattr(other, what):
            raise UsageError(f"{other.name} and {one.name} differ in their {what.replace('_', ' ')}")


def expect_edits(space: ConceptSpace, items: Items, nouns: Nouns) -> None:
    """Refuses concepts that edit what these items do not have.

    Raises:
        UsageError: names the first one.
    """
    for concept in space.concepts:
        if concept.field is not None and concept.field not in items.batch.editable:
            raise UsageError(f"{concept.name} does not edit {nouns.plain_items}; give concepts that do")
