"""How an encoder of pictures is taught to tell apart what a reference tells apart.

Relational distillation (Park et al. 2019): the similarity of a picture and its edited version is pulled towards what
the reference says of them, brought to the target's scale by quantiles of random pairs. So that nothing else changes,
the similarities of clean pictures, and their vectors, are held where they were.

Shapes: ``N`` items, ``B`` batch, ``F`` features.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import torch

from failscape.data.pairs.batch import Pictures
from failscape.envs.mdp import ConceptMDP
from failscape.errors import UsageError
from failscape.mitigation.checkpoint import Weights
from failscape.mitigation.config import Method, TorchConfig, TrainingConfig
from failscape.mitigation.loop import TorchTrainer
from failscape.mitigation.sampling import Failures, draw_points, epoch
from failscape.mitigation.trainable import LOW_RANK, Trainable, all_weights, low_rank
from failscape.mitigation.trainers.base import Epoch, Step
from failscape.rewards.pair_similarity import Blindness
from failscape.targets.encoders.encoder import TowerEncoder
from failscape.targets.encoders.mining.thresholds import random_cosines
from failscape.targets.encoders.two_encoders import TwoEncoders

VALIDATION_DRAWS = 4  # points at which each validation item is edited
BATCH = 256  # of evaluations
N_QUANTILES = 1001  # by which similarities of the reference are brought to the target's scale


@dataclass(frozen=True)
class ImagePairConfig(TorchConfig):
    """Settings for encoders of pictures."""

    lr: float = 3e-4
    retain: float = 1.0  # weight of holding vectors and similarities of clean pictures

    bounds: ClassVar[Mapping[str, tuple[float, float]]] = {**TorchConfig.bounds, "retain": (0, 1000)}


class Compared(NamedTuple):
    """Pictures and their edited versions."""

    similarity: torch.Tensor  # (B,) to the target
    wanted: torch.Tensor  # (B,) what it should be, by the reference
    moved: torch.Tensor  # how far clean vectors and their similarities lie from where they were, squared
    apart: torch.Tensor  # (B,) bool: the reference tells them apart


class ImagePairTrainer(TorchTrainer):
    """A :class:`~failscape.mitigation.trainers.base.Trainer` of the target of ``TwoEncoders``; the reference stays."""

    config_class: ClassVar[type[TrainingConfig]] = ImagePairConfig
    methods: ClassVar[Mapping[str, Method]] = {
        "full": Method("all weights", {}),
        "lora": Method(LOW_RANK, {"lr": 3e-3}),
    }
    target_class = TwoEncoders
    config: ImagePairConfig

    def __init__(self, mdp: ConceptMDP, failures: Sequence[Failures], config: ImagePairConfig) -> None:
        super().__init__(mdp, failures, config)
        both, reward = mdp.target, mdp.reward
        assert isinstance(both, TwoEncoders) and isinstance(reward, Blindness)
        assert isinstance(self.items.batch, Pictures)
        if not isinstance(both.target, TowerEncoder):
            raise UsageError(f"{both.name} gives no gradients; register a trainer: @failscape.register_trainer")
        self.both, self.reward, self.pictures = both, reward, self.items.batch
        self.target = both.target
        self.clean = both.prepared(self.pictures.pixels)
        self.scale = self._scale()
        rng = np.random.default_rng((config.seed, 2))
        self.validation = np.tile(self.split.validation, VALIDATION_DRAWS)
        self.validation_points = self.space.point(draw_points(failures, self.items.group[self.validation], rng))

    def learning(self) -> AbstractContextManager[Trainable]:
        """The target's weights, or updates of low rank beside them."""
        if self.config.method == "lora":
            return low_rank(self.target, self.config.rank, self.config.seed)
        return all_weights(self.target.module)

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
        fit, group, config = self.split.fit, self.items.group, self.config
        batches = epoch(self.failures, self.space, fit, group, config.batch_size, rng, config.balance)
        losses = (self._loss(batch, points) for batch, points in batches)
        return self.descend(number, losses, optimizer, parameters, average, step)

    def validate(self, number: int, train_loss: float, best: float) -> Epoch:
        """The loss of validation items, and how many of their edited versions are still blind pairs."""
        losses, blind = [], 0
        for start in range(0, len(self.validation), BATCH):
            batch, points = (column[start : start + BATCH] for column in (self.validation, self.validation_points))
            with torch.no_grad():
                found = self._compared(batch, points)
            losses.append(len(batch) * float(self._total(found)))
            blind += int(((found.similarity > self.reward.above) & found.apart).sum())
        loss = float(np.sum(losses)) / len(self.validation)
        return Epoch(number, train_loss, loss, 0.0, blind / len(self.validation), best=loss < best)

    def _loss(self, batch: np.ndarray, points: np.ndarray) -> torch.Tensor:
        return self._total(self._compared(batch, points))

    def _total(self, found: Compared) -> torch.Tensor:
        return (found.similarity - found.wanted).square().mean() + self.config.retain * found.moved

    def _compared(self, batch: np.ndarray, points: np.ndarray) -> Compared:
        """Items (B,) and their versions edited at points (B, K), as both encoders see them."""
        edited = self.space.apply(self.pictures.take(batch), points, batch)
        shown = torch.cat([self.clean[batch], self.both.prepared(edited.pixels)])
        one, other = self.target.vectors(shown).cpu().chunk(2)
        reference = self.both.reference_of(edited.pixels)
        told = (reference * self.reward.clean.reference[batch]).sum(dim=1)
        before = self.reward.clean.target[batch]
        moved = (one @ one.T - before @ before.T).square().mean() + (one - before).square().sum(dim=1).mean()
        wanted = torch.from_numpy(np.interp(told.numpy(), *self.scale)).float()
        return Compared((one * other).sum(dim=1), wanted, moved, told < self.reward.below)

    def _scale(self) -> tuple[np.ndarray, np.ndarray]:
        """Quantiles of the similarities of random pairs, the reference's and the target's; both end with 1."""
        shares, clean = np.linspace(0, 1, N_QUANTILES), self.reward.clean
        columns = (np.quantile(random_cosines(of.numpy()), shares) for of in (clean.reference, clean.target))
        reference, target = (np.append(column, 1.0) for column in columns)
        return reference, target
