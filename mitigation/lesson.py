"""What a fine-tune asks of a kind of target: to be taught for an epoch, and to be judged."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple, Protocol

import torch

from failscape.mitigation.state import Weights

WARM_UP = 0.1  # share of the steps in which the learning rate rises
Step = Callable[[int, int], None]  # steps taken, and all of them


class Epoch(NamedTuple):
    """Where a fine-tune stands after an epoch; number 0 is before it."""

    number: int
    train_loss: float  # NaN for number 0
    loss: float  # of validation: mean of items edited where they fail, and of others
    clean_error: float  # share of clean validation items that fail
    edited_error: float
    best: bool  # lowest validation loss so far


class Lesson(Protocol):
    """What is taught and asked; holds no state that an epoch changes but the target's weights."""

    def teach(
        self,
        number: int,
        optimizer: torch.optim.Optimizer,
        parameters: list[torch.nn.Parameter],
        average: Weights,
        step: Step | None,
    ) -> float:
        """One epoch, which also moves ``average``; returns its mean loss. Chance depends on seed and number alone."""
        ...

    def judge(self, number: int, train_loss: float, best: float) -> Epoch:
        """Losses and errors of the validation items."""
        ...


def schedule(done: int, total: int) -> float:
    """Share of the highest learning rate at step ``done`` of ``total``: a straight rise, then half a cosine."""
    rise = max(1, round(WARM_UP * total))
    if done < rise:
        return (done + 1) / rise
    return 0.5 * (1 + math.cos(math.pi * (done - rise) / max(1, total - rise)))


def kept(share: float, done: int) -> float:
    """How much of a running average is kept at step ``done``, where ``share`` is kept in the long run."""
    return min(share, (1 + done) / (10 + done))
