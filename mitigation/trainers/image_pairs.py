"""How an encoder of pictures is taught to tell apart what a reference tells apart.

Relational distillation (Park et al. 2019): the similarity of a picture and its edited version is pulled towards what
the reference says of them, brought to the target's scale: the median of random pairs, the thresholds and 1 go from one
scale to the other, and what lies between them in proportion. What an encoder knew lies in the directions in which its
vectors vary. There the vectors of clean pictures are held where they were, up to their length; in all other directions,
where nothing was, they may go apart. Zero-shot classes compare directions, so that they stay as they were.

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
KNOWN = 0.999  # share of the squared length of clean vectors in the directions that are held


@dataclass(frozen=True)
class ImagePairConfig(TorchConfig):
    """Settings for encoders of pictures."""

    lr: float = 3e-4
    retain: float = 10.0  # weight of holding clean vectors in the directions in which they varied

    bounds: ClassVar[Mapping[str, tuple[float, float]]] = {**TorchConfig.bounds, "retain": (0, 1000)}


class Compared(NamedTuple):
    """Pictures and their edited versions."""

    similarity: torch.Tensor  # (B,) to the target
    wanted: torch.Tensor  # (B,) what it should be, by the reference
    moved: (
        torch.Tensor
    )  # mean of 1 less the cosine of clean vectors and what they were, in the directions that are held
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
        self.known = directions(reward.clean.target)
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
        moved = 1 - torch.nn.functional.cosine_similarity(one @ self.known, before @ self.known, dim=1).mean()
        wanted = torch.from_numpy(np.interp(told.numpy(), *self.scale)).float()
        return Compared((one * other).sum(dim=1), wanted, moved, told < self.reward.below)

    def _scale(self) -> tuple[np.ndarray, np.ndarray]:
        """Similarities of the reference, rising, and what they are on the target's scale."""
        clean, (above, below) = self.reward.clean, self.reward.threshold
        middle = [float(np.median(random_cosines(of.numpy()))) for of in (clean.reference, clean.target)]
        anchors = [(-1.0, -1.0), (min(middle[0], below), min(middle[1], above)), (below, above), (1.0, 1.0)]
        reference, target = zip(*anchors, strict=True)
        return np.array(reference), np.array(target)


def directions(vectors: torch.Tensor) -> torch.Tensor:
    """The fewest directions that hold ``KNOWN`` of the squared length of vectors (N, F): orthonormal columns (F, K)."""
    lengths, found = torch.linalg.eigh(vectors.double().T @ vectors.double())
    share = lengths.flip(0).cumsum(0) / lengths.sum()
    k = min(int((share < KNOWN).sum()) + 1, len(share))
    return found.flip(1)[:, :k].to(vectors.dtype)
