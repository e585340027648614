"""How a classifier is taught and judged: by cross-entropy on clean and edited pictures.

Shapes: ``N`` items, ``B`` batch, ``C`` classes, ``K`` concepts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from failscape.envs.mdp import ConceptMDP
from failscape.mitigation.batches import Failures, Split, draw_points, epoch
from failscape.mitigation.lesson import Epoch, Step, kept, schedule
from failscape.mitigation.recipe import Recipe
from failscape.mitigation.state import Weights, average_in

VALIDATION_DRAWS = 4  # points at which each judging item is edited
BATCH = 256  # of evaluations


class PictureLesson:
    """A :class:`~failscape.mitigation.lesson.Lesson` for classifiers.

    Args:
        mdp: target, items and edits.
        failures: the modes to mend.
        split: which items teach, and which judge.
        recipe: how.
    """

    def __init__(self, mdp: ConceptMDP, failures: Sequence[Failures], split: Split, recipe: Recipe) -> None:
        self.target: Any = mdp.target
        self.items: Any = mdp.items
        self.space = mdp.space
        self.failures, self.split, self.recipe = failures, split, recipe
        self.references = self.items.batch.label
        self.per_epoch = math.ceil(len(split.fit) / recipe.batch_size)
        self.old = self._old_answers() if recipe.distill else None
        rng = np.random.default_rng((recipe.seed, 2))
        self.judging = np.tile(split.validation, VALIDATION_DRAWS)
        self.judging_points = self.space.point(draw_points(failures, self.items.group[self.judging], rng))

    def teach(
        self,
        number: int,
        optimizer: torch.optim.Optimizer,
        parameters: list[torch.nn.Parameter],
        average: Weights,
        step: Step | None,
    ) -> float:
        """One epoch, which also moves ``average``; returns its mean loss. Chance depends on seed and number alone."""
        rng = np.random.default_rng((self.recipe.seed, 3, number))
        losses = []
        batches = epoch(
            self.failures,
            self.space,
            self.split.fit,
            self.items.group,
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
            average_in(average, self.target.module, kept(self.recipe.average, done))
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
        inputs = self.items.batch.take(batch)
        both = torch.cat([inputs.pixels, self.space.apply(inputs, points, batch).pixels])
        scores = self.target.scores(both)
        rows = torch.from_numpy(batch).to(self.references.device)
        references = self.references[rows]
        loss = F.cross_entropy(scores, torch.cat([references, references]))
        if self.old is not None:
            now = scores[: len(batch)].log_softmax(dim=1)
            moved = F.kl_div(now, self.old[rows], log_target=True, reduction="batchmean")
            loss = loss + self.recipe.distill * moved
        return loss

    def _judged(self, items: np.ndarray, points: np.ndarray) -> tuple[float, float]:
        """Mean cross-entropy and error of items ``(B,)`` edited at points ``(B, K)``."""
        losses, wrong = 0.0, 0
        for start in range(0, len(items), BATCH):
            batch = items[start : start + BATCH]
            edited = self.space.apply(self.items.batch.take(batch), points[start : start + BATCH], batch)
            with torch.no_grad():
                scores = self.target.scores(edited.pixels)
            references = self.references[torch.from_numpy(batch).to(self.references.device)]
            losses += float(F.cross_entropy(scores, references, reduction="sum"))
            wrong += int((scores.argmax(dim=1) != references).sum())
        return losses / len(items), wrong / len(items)

    def _old_answers(self) -> torch.Tensor:
        """Log-probabilities of all clean items before the fine-tune: ``(N, C)``."""
        parts = []
        for start in range(0, len(self.items), BATCH):
            with torch.no_grad():
                scores = self.target.scores(self.items.batch.pixels[start : start + BATCH])
            parts.append(scores.log_softmax(dim=1))
        return torch.cat(parts)
