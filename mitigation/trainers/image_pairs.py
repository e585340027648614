"""How an encoder of pictures is taught to tell apart what a reference tells apart.

What an encoder knows lies in the directions in which its vectors of clean pictures vary. There they are held where they
were, up to their length. Directions that were hardly used are taught what the reference says beside that (feature
distillation: Romero et al. 2015): what a linear regression on the former leaves of its vectors, in its own principal
directions and made shorter, so that pairs which lie at the reference's threshold come to lie at the target's. Zero-shot
classes compare directions that were used, so that they stay as they were. To pull the similarity of blind pairs itself
is no use: of equal vectors it has no slope.

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
from failscape.targets.encoders.two_encoders import TwoEncoders

VALIDATION_DRAWS = 4  # points at which each validation item is edited
BATCH = 256  # of evaluations
MOST = 0.5  # of a vector's squared length that the reference may take up, where it varies as much as it can
FREE = 8  # one in so many directions is taught at least, those that were used least
KNOWN = 0.999  # share of the squared length of clean vectors in the directions that are held


@dataclass(frozen=True)
class ImagePairConfig(TorchConfig):
    """Settings for encoders of pictures."""

    lr: float = 1e-3
    epochs: int = 40  # at most
    retain: float = 10.0  # weight of holding clean vectors in the directions in which they varied

    bounds: ClassVar[Mapping[str, tuple[float, float]]] = {**TorchConfig.bounds, "retain": (0, 1000)}


class Taught(NamedTuple):
    """Pictures and their edited versions, as the target sees them and as it should."""

    similarity: torch.Tensor  # (B,) to the target
    unlike: torch.Tensor  # mean squared distance from what the reference says, in the directions that are taught
    moved: (
        torch.Tensor
    )  # mean of 1 less the cosine of clean vectors and what they were, in the directions that are held
    apart: torch.Tensor  # (B,) bool: the reference tells them apart


class Lesson(NamedTuple):
    """What is held, and what is taught where."""

    held: torch.Tensor  # (F, K) orthonormal directions of the target
    taught: torch.Tensor  # (F, D) others
    known: torch.Tensor  # (K + 1, G) from what is held, as unit vectors, and 1 to the reference's vectors
    said: torch.Tensor  # (G, D) from what that leaves of the reference's vectors to what the target should have there

    def wanted(self, vectors: torch.Tensor, reference: torch.Tensor) -> torch.Tensor:
        """Of pictures that the target gives (B, F) and the reference (B, G): (B, D)."""
        return (reference - _with_one(vectors.detach() @ self.held) @ self.known) @ self.said


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
        self.lesson = lesson(reward)
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

    def _total(self, found: Taught) -> torch.Tensor:
        return found.unlike + self.config.retain * found.moved

    def _compared(self, batch: np.ndarray, points: np.ndarray) -> Taught:
        """Items (B,) and their versions edited at points (B, K), as both encoders see them."""
        edited = self.space.apply(self.pictures.take(batch), points, batch)
        shown = torch.cat([self.clean[batch], self.both.prepared(edited.pixels)])
        vectors = self.target.vectors(shown).cpu()
        one, other = vectors.chunk(2)
        own, reference = self.reward.clean.reference[batch], self.both.reference_of(edited.pixels)
        wanted = self.lesson.wanted(vectors, torch.cat([own, reference]))
        unlike = (vectors @ self.lesson.taught - wanted).square().sum(dim=1).mean()
        held, before = self.lesson.held, self.reward.clean.target[batch]
        moved = 1 - torch.nn.functional.cosine_similarity(one @ held, before @ held, dim=1).mean()
        apart = (reference * own).sum(dim=1) < self.reward.below
        return Taught((one * other).sum(dim=1), unlike, moved, apart)


def lesson(reward: Blindness) -> Lesson:
    """Which directions of the target are held, which are taught, and what, by the vectors of clean pictures."""
    share, found = _directions(reward.clean.target)
    n_features = len(share)
    n_held = min(int((share < KNOWN).sum()) + 1, n_features - max(1, n_features // FREE))
    held, reference = found[:, :n_held], reward.clean.reference
    features = _with_one(reward.clean.target @ held)
    known = torch.linalg.lstsq(features, reference, driver="gelsd").solution
    _, said = _directions(reference - features @ known)
    n_taught = min(n_features - n_held, said.shape[1])
    length = min(MOST, (1 - reward.above) / (1 - reward.below)) ** 0.5
    taught = found[:, n_held : n_held + n_taught]
    return Lesson(held, taught, known, length * said[:, :n_taught])


def _with_one(held: torch.Tensor) -> torch.Tensor:
    """Coordinates (B, K) as unit vectors, and a column of ones: (B, K + 1)."""
    unit = torch.nn.functional.normalize(held, dim=1)
    return torch.cat([unit, torch.ones_like(unit[:, :1])], dim=1)


def _directions(vectors: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Orthonormal directions (F, F) of vectors (N, F), those that hold most first, and what so many hold (F,)."""
    squared, found = torch.linalg.eigh(vectors.double().T @ vectors.double())
    share = squared.flip(0).clamp_min(0)
    return share.cumsum(0) / share.sum(), found.flip(1).to(vectors.dtype)
