"""How image classifiers are fine-tuned and validated: by cross-entropy on clean and edited pictures.

Shapes: ``N`` items, ``B`` batch, ``C`` classes, ``K`` concepts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np
import torch
import torch.nn.functional as F

from failscape.data.batch import Images
from failscape.envs.mdp import ConceptMDP
from failscape.errors import UsageError
from failscape.mitigation.checkpoint import Weights
from failscape.mitigation.config import Method, TorchConfig, TrainingConfig
from failscape.mitigation.loop import TorchTrainer
from failscape.mitigation.sampling import Failures, draw_points, epoch
from failscape.mitigation.trainable import LOW_RANK, Trainable, all_weights
from failscape.mitigation.trainers.base import Epoch, Step
from failscape.targets.base import TorchTarget

VALIDATION_DRAWS = 4  # points at which each validation item is edited
BATCH = 256  # of evaluations


@runtime_checkable
class TrainableClassifier(TorchTarget, Protocol):
    """What this trainer needs of a target."""

    head: torch.nn.Module | None  # the last layer of the module

    def scores(self, inputs: torch.Tensor) -> torch.Tensor:
        """Scores with gradients: ``(B, 3, H, W) uint8 -> (B, C) float32``."""
        ...


@dataclass(frozen=True)
class ImageClassificationConfig(TorchConfig):
    """Settings for image classifiers."""

    distill: float = 1.0  # weight of staying with the old answers on clean items; 0 for none

    bounds: ClassVar[Mapping[str, tuple[float, float]]] = {**TorchConfig.bounds, "distill": (0, 1000)}


class ImageClassificationTrainer(TorchTrainer):
    """A :class:`~failscape.mitigation.trainers.base.Trainer` of image classifiers."""

    config_class: ClassVar[type[TrainingConfig]] = ImageClassificationConfig
    methods: ClassVar[Mapping[str, Method]] = {
        "full": Method("all weights", {}),
        "lora": Method(LOW_RANK, {"lr": 3e-3}),
        # FSRL (arXiv 2406.07145, released code) trains the last layer by SGD at 1e-3 with momentum .9.
        "head": Method(
            "the last layer only, by SGD, as Failures Are Fated does", {"optimizer": "sgd", "weight_decay": 0.0}
        ),
    }
    target_class = TrainableClassifier
    config: ImageClassificationConfig

    def __init__(self, mdp: ConceptMDP, failures: Sequence[Failures], config: ImageClassificationConfig) -> None:
        super().__init__(mdp, failures, config)
        assert isinstance(self.items.batch, Images)
        self.images = self.items.batch
        self.old: torch.Tensor | None = None
        rng = np.random.default_rng((config.seed, 2))
        self.validation = np.tile(self.split.validation, VALIDATION_DRAWS)
        self.validation_points = self.space.point(draw_points(failures, self.items.group[self.validation], rng))

    @contextmanager
    def learning(self) -> Iterator[Trainable]:
        """The weights that learn while it is open; before that, the old answers, from which it is not to move away."""
        with self._weights() as weights:
            self.old = self._old_answers() if self.config.distill else None
            yield weights

    def _weights(self) -> AbstractContextManager[Trainable]:
        if self.config.method != "head":
            return super().learning()
        if self.target.head is None:
            raise UsageError(
                f"{self.target.name} has no last layer that could be told from the others; take --method full"
            )
        return all_weights(self.target.head)

    def train_epoch(
        self,
        number: int,
        optimizer: torch.optim.Optimizer,
        parameters: list[torch.nn.Parameter],
        average: Weights,
        step: Step | None,
    ) -> float:
        """One epoch, which also moves ``average``; returns its mean loss. Chance depends on seed and number alone."""
        rng = np.random.default_rng((self.config.seed, 3, number))
        batches = epoch(
            self.failures,
            self.space,
            self.split.fit,
            self.items.group,
            self.config.batch_size,
            rng,
            self.config.balance,
        )
        losses = (self._loss(batch, points) for batch, points in batches)
        return self.descend(number, losses, optimizer, parameters, average, step)

    def validate(self, number: int, train_loss: float, best: float) -> Epoch:
        """Losses and errors of the validation items."""
        unedited = np.full((len(self.split.validation), len(self.space.shape)), -1)
        clean_loss, clean_error = self._losses(self.split.validation, unedited)
        edited_loss, edited_error = self._losses(self.validation, self.validation_points)
        loss = (clean_loss + edited_loss) / 2
        return Epoch(number, train_loss, loss, clean_error, edited_error, best=loss < best)

    def _loss(self, batch: np.ndarray, points: np.ndarray) -> torch.Tensor:
        """Cross-entropy of clean and edited items, and how far the clean answers have moved (Hinton et al. 2015)."""
        clean = self.images.take(batch)
        points = self.space.askable(points, clean.right_answer)
        both = clean.joined(self.space.apply(clean, points, batch))
        scores = self.target.scores(both.pixels)
        loss = F.cross_entropy(scores, both.label)
        if self.old is not None:
            now = scores[: len(batch)].log_softmax(dim=1)
            rows = torch.from_numpy(batch).to(self.old.device)
            moved = F.kl_div(now, self.old[rows], log_target=True, reduction="batchmean")
            loss = loss + self.config.distill * moved
        return loss

    def _losses(self, items: np.ndarray, points: np.ndarray) -> tuple[float, float]:
        """Mean cross-entropy and error of items ``(B,)`` edited at points ``(B, K)``."""
        losses, wrong = 0.0, 0
        for start in range(0, len(items), BATCH):
            batch = items[start : start + BATCH]
            clean = self.images.take(batch)
            asked = self.space.askable(points[start : start + BATCH], clean.right_answer)
            edited = self.space.apply(clean, asked, batch)
            with torch.no_grad():
                scores = self.target.scores(edited.pixels)
            losses += float(F.cross_entropy(scores, edited.label, reduction="sum"))
            wrong += int((scores.argmax(dim=1) != edited.label).sum())
        return losses / len(items), wrong / len(items)

    def _old_answers(self) -> torch.Tensor:
        """Log-probabilities of all clean items before the fine-tune: ``(N, C)``."""
        parts = []
        for start in range(0, len(self.items), BATCH):
            with torch.no_grad():
                scores = self.target.scores(self.images.pixels[start : start + BATCH])
            parts.append(scores.log_softmax(dim=1))
        return torch.cat(parts)
