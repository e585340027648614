"""The fine-tune: on edited failures and clean items, judged by items that teach nothing, kept at its best."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from failscape.envs.mdp import ConceptMDP
from failscape.mitigation.batches import Failures, Split, split_items
from failscape.mitigation.lesson import Epoch, Lesson, Step
from failscape.mitigation.recipe import Recipe
from failscape.mitigation.state import Progress, copy_weights, exchanged, restore_weights
from failscape.mitigation.trainable import in_full_precision, trainable

DIVERGED = 3.0  # times the first validation loss, and one: the fine-tune is given up


class Tuned(NamedTuple):
    """The end of a fine-tune; the target has the best epoch's weights, or its old ones where it diverged."""

    history: list[Epoch]
    best: int  # number of the epoch
    diverged: bool
    n_weights: int  # that learned


def fine_tune(
    mdp: ConceptMDP,
    failures: Sequence[Failures],
    recipe: Recipe,
    *,
    state: Path | None = None,
    tell: Callable[[Epoch], None] | None = None,
    step: Step | None = None,
) -> Tuned:
    """Fine-tune the target of ``mdp`` in place on the items that are not held out; a function of its arguments.

    Args:
        mdp: the target, frozen before and after, with the items and edits it is shown and how answers are judged.
        failures: the modes to mend.
        recipe: how; of the target's kind.
        state: folder where each epoch is kept; a fine-tune that finds one there goes on from it, with the same end.
        tell: hears each epoch.
        step: hears steps taken and all of them.

    Raises:
        UsageError: too few items, no weights that could learn, a device without memory.
    """
    module = mdp.target.module
    split = split_items(np.flatnonzero(~mdp.items.held_out), mdp.items.group, recipe.validation, recipe.seed)
    old = copy_weights(module)
    with in_full_precision(module), trainable(mdp.target, recipe.how, recipe.rank, recipe.seed) as learning:
        lesson = _lesson(mdp, failures, split, recipe)
        optimizer = _optimizer(learning.parameters, recipe)
        progress = Progress.load(state, module, optimizer, repr(recipe)) if state is not None else None
        if progress is None:
            first = lesson.judge(0, float("nan"), best=math.inf)
            progress = Progress([first._asdict()], copy_weights(module), copy_weights(module))
            if tell:
                tell(first)
        # Beside the weights that learn: copying them to the host at each step would take longer than the step.
        progress.average = {name: tensor.to(mdp.target.device) for name, tensor in progress.average.items()}
        diverged = False
        while not diverged and _goes_on(progress, recipe):
            number = len(progress.history)
            train_loss = lesson.teach(number, optimizer, learning.parameters, progress.average, step)
            with exchanged(module, progress.average):
                now = lesson.judge(number, train_loss, best=min(row["loss"] for row in progress.history))
            diverged = not math.isfinite(train_loss + now.loss) or now.loss > DIVERGED * progress.history[0]["loss"] + 1
            progress.history.append(now._asdict())
            if now.best:
                progress.best = {name: tensor.clone() for name, tensor in progress.average.items()}
            if state is not None and not diverged:
                progress.save(state, module, optimizer, repr(recipe))
            if tell:
                tell(now)
        if not diverged:
            restore_weights(module, progress.best)
    if diverged:
        restore_weights(module, old)
    history = [Epoch(**row) for row in progress.history]
    best = 0 if diverged else max(row.number for row in history if row.best)
    return Tuned(history, best, diverged, learning.n_weights)


def _lesson(mdp: ConceptMDP, failures: Sequence[Failures], split: Split, recipe: Recipe) -> Lesson:
    if recipe.kind == "summarizer":
        from failscape.mitigation.texts import TextLesson  # heavy, and classifiers do without it

        return TextLesson(mdp, failures, split, recipe)
    from failscape.mitigation.pictures import PictureLesson

    return PictureLesson(mdp, failures, split, recipe)


def _goes_on(progress: Progress, recipe: Recipe) -> bool:
    """Whether another epoch is due: not the last one, and the best not too long ago."""
    number = len(progress.history)
    best = max(row["number"] for row in progress.history if row["best"])
    return number <= recipe.epochs and number - 1 - best < recipe.patience


def _optimizer(parameters: list[torch.nn.Parameter], recipe: Recipe) -> torch.optim.Optimizer:
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(parameters, recipe.lr, momentum=0.9, weight_decay=recipe.weight_decay)
    return torch.optim.AdamW(parameters, recipe.lr, weight_decay=recipe.weight_decay)
