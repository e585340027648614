"""A family of targets as one record, and the registry that lower layers ask instead of naming a family.

The records stand in ``failscape/families/``, one file each; a user registers one with ``failscape.register_task``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from failscape.errors import UsageError


@dataclass(frozen=True)
class Task:
    """What failscape has to know of a family beside its own files. What is given as text is imported when it is needed.

    How its items are shown, a presenter registered for their batch says; how its grid is looked at, a view registered
    for the type of its space; both have defaults.
    """

    name: str  # what its targets say they do (``target.task``), as Hugging Face's pipelines call it
    env_id: str  # ``failscape/Classifier-v0``
    make_mdp: str | Callable[..., Any]  # ``module:function`` that returns the ConceptMDP
    does: str  # what its targets do: ``sorts pictures``
    lacks: str  # what targets of other tasks do not do: ``sorts no pictures``
    shared: tuple[str, ...] = ()  # attributes that two targets must share to be asked in each other's place
    trainer: str | type | None = None  # ``module:Class`` of the trainer; None where nothing fine-tunes them
    summary: str = ""  # one line for ``train.py --list``
    max_episode_steps: int | None = None
    parts: str | Callable[..., Any] | None = (
        None  # ``module:function`` that splits data for ``--compare``; None: cannot
    )
    findings: str | type | None = None  # ``module:Class`` that measures what is told beside failure modes
    explorer: str | None = None  # the default one of its environment; by how the agent moves where None


_TASKS: dict[str, Task] = {}


def add_task(task: Task) -> None:
    """Register a task; the same name again replaces it, so that a notebook cell may run twice.

    Raises:
        UsageError: another environment has the name.
    """
    known = _TASKS.get(task.name)
    if known is not None and known.env_id != task.env_id:
        raise UsageError(f"the task {task.name!r} is that of {known.env_id}; give {task.env_id} another name")
    _TASKS[task.name] = task


def task_named(name: str) -> Task | None:
    """The task of that name; None where none is registered."""
    return _TASKS.get(name)


def task_of_env(env_id: str) -> Task | None:
    """The task of an environment; None where none is registered for it."""
    return next((task for task in _TASKS.values() if task.env_id == env_id), None)


def tasks() -> list[Task]:
    """Every task that is registered."""
    return list(_TASKS.values())


def resolved(address: str | Any) -> Any:
    """What ``module:name`` names; anything else is what it is."""
    if not isinstance(address, str):
        return address
    module, _, name = address.partition(":")
    return getattr(import_module(module), name)
