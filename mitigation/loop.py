"""Fine-tuning by gradients: epochs, validation by items that teach nothing, averaged weights, kept at its best."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch

from failscape.envs.mdp import ConceptMDP
from failscape.errors import UsageError
from failscape.mitigation.checkpoint import (
    Progress,
    Weights,
    average_in,
    copy_weights,
    distinct,
    exchanged,
    restore_weights,
)
from failscape.mitigation.config import Method, TorchConfig, TrainingConfig
from failscape.mitigation.sampling import Failures, split_items
from failscape.mitigation.trainable import Trainable, all_weights, in_full_precision, low_rank
from failscape.mitigation.trainers.base import Epoch, Fitted, Step, Tell
from failscape.targets.base import TorchTarget

DIVERGED = 3.0  # times the first validation loss, and one: the fine-tune is given up
WARM_UP = 0.1  # share of the steps in which the learning rate rises


class TorchTrainer(ABC):
    """A :class:`~failscape.mitigation.trainers.base.Trainer` of PyTorch modules; a subclass teaches and validates.

    It holds no state that an epoch changes but the target's weights, and those are the old ones again at the end.

    Args:
        mdp: the target, frozen before and after, with the items and edits it is shown and how answers are judged.
        failures: the modes to fine-tune on.
        config: how.

    Raises:
        UsageError: the target cannot be fine-tuned like this, or there are too few items.
    """

    config_class: ClassVar[type[TrainingConfig]]
    methods: ClassVar[Mapping[str, Method]]
    target_class: ClassVar[Any] = TorchTarget  # a protocol: what the target has to have

    def __init__(self, mdp: ConceptMDP, failures: Sequence[Failures], config: TorchConfig) -> None:
        if not isinstance(mdp.target, self.target_class):
            raise UsageError(
                f"{mdp.target.name} cannot be fine-tuned by {type(self).__name__}, which takes a "
                f"{self.target_class.__name__}; register a trainer for it: @failscape.register_trainer"
            )
        self.target: Any = mdp.target
        self.config = config
        self.mdp, self.items, self.space, self.failures = mdp, mdp.items, mdp.space, failures
        explored = np.flatnonzero(~self.items.held_out & self.items.distinct)
        self.split = split_items(explored, self.items.group, config.validation, config.seed)
        self.per_epoch = math.ceil(len(self.split.fit) / config.batch_size)  # batches

    @abstractmethod
    def train_epoch(
        self,
        number: int,
        optimizer: torch.optim.Optimizer,
        parameters: list[torch.nn.Parameter],
        average: Weights,
        step: Step | None,
    ) -> float:
        """One epoch, which also moves ``average``; returns its mean loss. Chance depends on seed and number alone."""

    @abstractmethod
    def validate(self, number: int, train_loss: float, best: float) -> Epoch:
        """Losses and errors of the validation items."""

    @property
    def learner(self) -> torch.nn.Module:
        """The module whose weights are averaged, kept after each epoch, and chosen among epochs."""
        module: torch.nn.Module = self.target.module
        return module

    def learning(self) -> AbstractContextManager[Trainable]:
        """The weights that learn while it is open."""
        if self.config.method == "lora":
            return low_rank(self.target, self.config.rank, self.config.seed)
        return all_weights(self.target.module)

    def fit(self, folder: Path | None = None, *, tell: Tell | None = None, step: Step | None = None) -> Fitted:
        """Fine-tune as :meth:`~failscape.mitigation.trainers.base.Trainer.fit` says, an epoch at a time."""
        module = self.target.module
        old = copy_weights(module)
        try:
            with in_full_precision(module), self.learning() as learning:
                progress, diverged = self.epochs(learning, folder, tell, step)
                if not diverged:
                    restore_weights(module, progress.best)
            fitted = old if diverged else copy_weights(module)  # merged, and in the module's own precision
            weights = {name: fitted[name].contiguous() for name in distinct(module)}
        finally:
            restore_weights(module, old)
        history, best = history_of(progress, diverged)
        return Fitted(history, best, diverged, learning.n_weights, weights)

    def epochs(
        self, learning: Trainable, folder: Path | None, tell: Tell | None, step: Step | None
    ) -> tuple[Progress, bool]:
        """Epochs until they are all made, nothing gets better, or it diverges; whether it did."""
        module, optimizer, of = self.learner, self._optimizer(learning.parameters), repr(self.config)
        progress = Progress.load(folder, module, optimizer, of) if folder is not None else None
        if progress is None:
            first = self.validate(0, float("nan"), best=math.inf)
            progress = Progress([first._asdict()], copy_weights(module), copy_weights(module))
            if tell:
                tell(first)
        # Beside the weights that learn: copying them to the host at each step would take longer than the step.
        progress.average = {name: tensor.to(self.target.device) for name, tensor in progress.average.items()}
        diverged = False
        while not diverged and self._goes_on(progress):
            number = len(progress.history)
            train_loss = self.train_epoch(number, optimizer, learning.parameters, progress.average, step)
            with exchanged(module, progress.average):
                now = self.validate(number, train_loss, best=min(row["loss"] for row in progress.history))
            diverged = not math.isfinite(train_loss + now.loss) or now.loss > DIVERGED * progress.history[0]["loss"] + 1
            progress.history.append(now._asdict())
            if now.best:
                progress.best = {name: tensor.clone() for name, tensor in progress.average.items()}
            if folder is not None and not diverged:
                progress.save(folder, module, optimizer, of)
            if tell:
                tell(now)
        return progress, diverged

    def descend(
        self,
        number: int,
        losses: Iterator[torch.Tensor],
        optimizer: torch.optim.Optimizer,
        parameters: list[torch.nn.Parameter],
        average: Weights,
        step: Step | None,
    ) -> float:
        """One epoch of gradient descent; returns its mean loss.

        Args:
            number: of the epoch, from 1.
            losses: of its batches, each computed when it is asked for.
            optimizer: of the weights that learn.
            parameters: these weights.
            average: moves with them.
            step: hears steps taken and all of them.
        """
        told, total = [], self.per_epoch * self.config.epochs
        done = (number - 1) * self.per_epoch
        self._set_rate(optimizer, done, total)
        for loss in losses:
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, self.config.clip)
            optimizer.step()
            average_in(average, self.learner, kept(self.config.average, done))
            told.append(loss.item())
            done += 1
            if step:
                step(done, total)
            if not math.isfinite(told[-1]):
                break
            self._set_rate(optimizer, done, total)
        return float(np.mean(told))

    def _set_rate(self, optimizer: torch.optim.Optimizer, done: int, total: int) -> None:
        for group in optimizer.param_groups:
            group["lr"] = self.config.lr * schedule(min(done, total - 1), total)

    def _goes_on(self, progress: Progress) -> bool:
        """Whether another epoch is due: not the last one, and the best not too long ago."""
        number = len(progress.history)
        best = max(row["number"] for row in progress.history if row["best"])
        return number <= self.config.epochs and number - 1 - best < self.config.patience

    def _optimizer(self, parameters: list[torch.nn.Parameter]) -> torch.optim.Optimizer:
        config = self.config
        if config.optimizer == "sgd":
            return torch.optim.SGD(parameters, config.lr, momentum=0.9, weight_decay=config.weight_decay)
        return torch.optim.AdamW(parameters, config.lr, weight_decay=config.weight_decay)


def history_of(progress: Progress, diverged: bool) -> tuple[list[Epoch], int]:
    """The epochs that were made, and the number of the one whose weights are kept."""
    history = [Epoch(**row) for row in progress.history]
    return history, 0 if diverged else max(row.number for row in history if row.best)


def schedule(done: int, total: int) -> float:
    """Share of the highest learning rate at step ``done`` of ``total``: a straight rise, then half a cosine."""
    rise = max(1, round(WARM_UP * total))
    if done < rise:
        return (done + 1) / rise
    return 0.5 * (1 + math.cos(math.pi * (done - rise) / max(1, total - rise)))


def kept(share: float, done: int) -> float:
    """How much of a running average is kept at step ``done``, where ``share`` is kept in the long run."""
    return min(share, (1 + done) / (10 + done))
