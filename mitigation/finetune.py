"""The fine-tune of a classifier: on edited failures and clean items, judged by items that teach nothing.

Shapes: ``N`` items, ``B`` batch, ``C`` classes, ``K`` concepts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F

from failscape.concepts import ConceptSpace
from failscape.data.base import Items
from failscape.mitigation.batches import Failures, Split, draw_points, epoch, split_items
from failscape.mitigation.recipe import Recipe
from failscape.mitigation.state import Progress, Weights, average_in, copy_weights, exchanged, restore_weights
from failscape.mitigation.trainable import trainable
from failscape.targets.classifier import Classifier

WARM_UP = 0.1  # share of the steps in which the learning rate rises
DIVERGED = 3.0  # times the first validation loss, and one: the fine-tune is given up
VALIDATION_DRAWS = 4  # points at which each judging item is edited
BATCH = 256  # of evaluations


class Epoch(NamedTuple):
    """Where a fine-tune stands after an epoch; number 0 is before it."""

    number: int
    train_loss: float  # NaN for number 0
    loss: float  # of validation: mean of clean and edited items
    clean_error: float  # share of clean validation items that fail
    edited_error: float
    best: bool  # lowest validation loss so far


class Tuned(NamedTuple):
    """The end of a fine-tune; the target has the best epoch's weights, or its old ones where it diverged."""

    history: list[Epoch]
    best: int  # number of the epoch
    diverged: bool
    n_weights: int  # that learned


def fine_tune(
    target: Classifier,
    items: Items,
    space: ConceptSpace,
    failures: Sequence[Failures],
    recipe: Recipe,
    *,
    state: Path | None = None,
    tell: Callable[[Epoch], None] | None = None,
    step: Callable[[int, int], None] | None = None,
) -> Tuned:
    """Fine-tune ``target`` in place on the items that are not held out; a function of its arguments.

    Args:
        target: frozen before and after.
        items: what it is shown, on its device.
        space: the grid of edits.
        failures: the modes to mend.
        recipe: how.
        state: folder where each epoch is kept; a fine-tune that finds one there goes on from it, with the same end.
        tell: hears each epoch.
        step: hears steps taken and all of them.

    Raises:
        UsageError: too few items, no weights that could learn, a device without memory.
    """
    split = split_items(np.flatnonzero(~items.held_out), items.references, recipe.validation, recipe.seed)
    lesson = _Lesson(target, items, space, failures, split, recipe)
    old = copy_weights(target.module)
    with trainable(target, recipe.how, recipe.rank, recipe.seed) as learning:
        optimizer = _optimizer(learning.parameters, recipe)
        progress = Progress.load(state, target.module, optimizer, repr(recipe)) if state is not None else None
        if progress is None:
            first = lesson.judge(0, float("nan"), best=math.inf)
            progress = Progress([first._asdict()], copy_weights(target.module), copy_weights(target.module))
            if tell:
                tell(first)
        diverged = False
        while not diverged and _goes_on(progress, recipe):
            number = len(progress.history)
            train_loss = lesson.teach(number, optimizer, learning.parameters, progress.average, step)
            with exchanged(target.module, progress.average):
                now = lesson.judge(number, train_loss, best=min(row["loss"] for row in progress.history))
            diverged = not math.isfinite(train_loss + now.loss) or now.loss > DIVERGED * progress.history[0]["loss"] + 1
            progress.history.append(now._asdict())
            if now.best:
                progress.best = {name: tensor.clone() for name, tensor in progress.average.items()}
            if state is not None and not diverged:
                progress.save(state, target.module, optimizer, repr(recipe))
            if tell:
                tell(now)
        if not diverged:
            restore_weights(target.module, progress.best)
    if diverged:
        restore_weights(target.module, old)
    history = [Epoch(**row) for row in progress.history]
    best = 0 if diverged else max(row.number for row in history if row.best)
    return Tuned(history, best, diverged, learning.n_weights)


def _goes_on(progress: Progress, recipe: Recipe) -> bool:
    """Whether another epoch is due: not the last one, and the best not too long ago."""
    number = len(progress.history)
    best = max(row["number"] for row in progress.history if row["best"])
    return number <= recipe.epochs and number - 1 - best < recipe.patience


def _optimizer(parameters: list[torch.nn.Parameter], recipe: Recipe) -> torch.optim.Optimizer:
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(parameters, recipe.lr, momentum=0.9, weight_decay=recipe.weight_decay)
    return torch.optim.AdamW(parameters, recipe.lr, weight_decay=recipe.weight_decay)


class _Lesson:
    """What is taught and asked; holds no state that an epoch changes but the target's weights."""

    def __init__(
        self,
        target: Classifier,
        items: Items,
        space: ConceptSpace,
        failures: Sequence[Failures],
        split: Split,
        recipe: Recipe,
    ) -> None:
        self.target, self.items, self.space = target, items, space
        self.failures, self.split, self.recipe = failures, split, recipe
        self.references = torch.from_numpy(items.references).to(target.device)
        self.per_epoch = math.ceil(len(split.fit) / recipe.batch_size)
        self.old = self._old_answers() if recipe.distill else None
        rng = np.random.default_rng((recipe.seed, 2))
        self.judging = np.tile(split.validation, VALIDATION_DRAWS)
        self.judging_points = space.point(draw_points(failures, items.references[self.judging], rng))

    def teach(
        self,
        number: int,
        optimizer: torch.optim.Optimizer,
        parameters: list[torch.nn.Parameter],
        average: Weights,
        step: Callable[[int, int], None] | None,
    ) -> float:
        """One epoch, which also moves ``average``; returns its mean loss. Chance depends on seed and number alone."""
        rng = np.random.default_rng((self.recipe.seed, 3, number))
        losses = []
        batches = epoch(
            self.failures,
            self.space,
            self.split.fit,
            self.items.references,
            self.recipe.batch_size,
            rng,
            self.recipe.balance,
        )
        for i, (batch, points) in enumerate(batches):
            done = (number - 1) * self.per_epoch + i
            for group in optimizer.param_groups:
                group["lr"] = self.recipe.lr * schedule(done, self.per_epoch * self.recipe.epochs)
            loss = self._loss(batch, points)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, self.recipe.clip)
            optimizer.step()
            average_in(average, self.target.module, min(self.recipe.average, (1 + done) / (10 + done)))
            losses.append(loss.item())
            if step:
                step(done + 1, self.per_epoch * self.recipe.epochs)
            if not math.isfinite(losses[-1]):
                break
        return float(np.mean(losses))

    def judge(self, number: int, train_loss: float, best: float) -> Epoch:
        """Losses and errors of the validation items."""
        unedited = np.full((len(self.split.validation), len(self.space.shape)), -1)
        clean_loss, clean_error = self._judged(self.split.validation, unedited)
        edited_loss, edited_error = self._judged(self.judging, self.judging_points)
        loss = (clean_loss + edited_loss) / 2
        return Epoch(number, train_loss, loss, clean_error, edited_error, best=loss < best)

    def _loss(self, batch: np.ndarray, points: np.ndarray) -> torch.Tensor:
        """Cross-entropy of clean and edited items, and how far the clean answers have moved (Hinton et al. 2015)."""
        inputs = self._inputs(batch)
        both = torch.cat([inputs, self.space.apply(inputs, points, batch)])
        scores = self.target.scores(both)
        rows = torch.from_numpy(batch).to(self.references.device)
        references = self.references[rows]
        loss = F.cross_entropy(scores, torch.cat([references, references]))
        if self.old is not None:
            now = scores[: len(batch)].log_softmax(dim=1)
            moved = F.kl_div(now, self.old[rows], log_target=True, reduction="batchmean")
            loss = loss + self.recipe.distill * moved
        return loss

    def _inputs(self, batch: np.ndarray) -> Any:
        return self.items.inputs.index_select(0, torch.from_numpy(batch).to(self.items.inputs.device))

    def _judged(self, items: np.ndarray, points: np.ndarray) -> tuple[float, float]:
        """Mean cross-entropy and error of items ``(B,)`` edited at points ``(B, K)``."""
        losses, wrong = 0.0, 0
        for start in range(0, len(items), BATCH):
            batch = items[start : start + BATCH]
            edited = self.space.apply(self._inputs(batch), points[start : start + BATCH], batch)
            with torch.no_grad():
                scores = self.target.scores(edited)
            references = self.references[torch.from_numpy(batch).to(self.references.device)]
            losses += float(F.cross_entropy(scores, references, reduction="sum"))
            wrong += int((scores.argmax(dim=1) != references).sum())
        return losses / len(items), wrong / len(items)

    def _old_answers(self) -> torch.Tensor:
        """Log-probabilities of all clean items before the fine-tune: ``(N, C)``."""
        parts = []
        for start in range(0, len(self.items), BATCH):
            with torch.no_grad():
                scores = self.target.scores(self.items.inputs[start : start + BATCH])
            parts.append(scores.log_softmax(dim=1))
        return torch.cat(parts)


def schedule(done: int, total: int) -> float:
    """Share of the highest learning rate at step ``done`` of ``total``: a straight rise, then half a cosine."""
    rise = max(1, round(WARM_UP * total))
    if done < rise:
        return (done + 1) / rise
    return 0.5 * (1 + math.cos(math.pi * (done - rise) / max(1, total - rise)))
