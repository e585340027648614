"""Which trainer fine-tunes the targets of a task, and the configuration it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from failscape.common.registry import Registry
from failscape.common.task import resolved, task_named
from failscape.envs.mdp import ConceptMDP
from failscape.errors import UsageError, did_you_mean
from failscape.mitigation.config import Method, TrainingConfig, typed_settings
from failscape.mitigation.sampling import Failures
from failscape.mitigation.trainers.base import Fitted, Step, Tell, Trainer

_registered: Registry[type[Trainer]] = Registry(taken="targets for {name} are fine-tuned by {owner}; choose one")
AnyTrainer = TypeVar("AnyTrainer", bound=type[Trainer])


def register_trainer(task: str) -> Callable[[AnyTrainer], AnyTrainer]:
    """Decorator that makes a :class:`~failscape.mitigation.trainers.base.Trainer` fine-tune the targets of ``task``.

    It may take the place of one that comes with failscape. Registering the same class again replaces it, so that a
    notebook cell may run twice.

    Raises:
        UsageError: another class of a user's is registered for the task.
    """

    def register(trainer: AnyTrainer) -> AnyTrainer:
        _registered.add(task, trainer)
        return trainer

    return register


def trainer_of(task: str) -> type[Trainer]:
    """The trainer for targets of a task.

    Raises:
        UsageError: there is none.
    """
    if task in _registered:
        return _registered[task]
    record = task_named(task)
    if record is None or record.trainer is None:
        raise UsageError(
            f"nothing fine-tunes targets for {task}; register a trainer: @failscape.register_trainer('{task}')"
        )
    trainer: type[Trainer] = resolved(record.trainer)
    return trainer


def method_of(task: str, method: str) -> Method:
    """A method of fine-tuning targets of a task.

    Raises:
        UsageError: there is none of that name.
    """
    methods = trainer_of(task).methods
    if method not in methods:
        raise UsageError(f"no method {method!r} of fine-tuning for {task}{did_you_mean(method, methods)}")
    return methods[method]


def training_config(task: str, method: str | None = None, settings: Mapping[str, Any] | None = None) -> TrainingConfig:
    """The configuration of a method for targets of a task, with changes; of the trainer's first where none is named.

    Raises:
        UsageError: an unknown method or setting, or a value out of range.
    """
    trainer = trainer_of(task)
    method = method or next(iter(trainer.methods))
    config, defaults = trainer.config_class, method_of(task, method).defaults
    return config(**{**defaults, **typed_settings(task, config, settings or {}), "method": method})


def fine_tune(
    mdp: ConceptMDP,
    failures: Sequence[Failures],
    config: TrainingConfig,
    *,
    folder: Path | None = None,
    tell: Tell | None = None,
    step: Step | None = None,
) -> Fitted:
    """Fine-tune the target of ``mdp`` by the trainer for its task; see :meth:`Trainer.fit`."""
    return trainer_of(mdp.target.task)(mdp, failures, config).fit(folder, tell=tell, step=step)
