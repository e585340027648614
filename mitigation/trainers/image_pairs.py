"""How an encoder of pictures is taught to tell apart what a reference tells apart.

Each picture that is shown, clean or edited, has a vector to learn (:mod:`failscape.mitigation.taught_vectors`). The
edited versions are drawn and looked at by both encoders once, before the first step; which of them a step shows is
drawn anew.

Shapes: ``N`` items, ``V`` versions of each, ``B`` batch, ``F`` features.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

from failscape.data.pairs.batch import Pictures
from failscape.envs.mdp import ConceptMDP
from failscape.errors import UsageError
from failscape.mitigation.checkpoint import Weights
from failscape.mitigation.config import Method, TorchConfig, TrainingConfig
from failscape.mitigation.loop import TorchTrainer
from failscape.mitigation.sampling import Failures, batches, draw_points
from failscape.mitigation.taught_vectors import TaughtVectors, taught_vectors
from failscape.mitigation.trainable import LOW_RANK
from failscape.mitigation.trainers.base import Epoch, Step
from failscape.rewards.pair_similarity import Blindness
from failscape.targets.encoders.encoder import TowerEncoder
from failscape.targets.encoders.two_encoders import TwoEncoders
from failscape.targets.outputs import PairOutputs

VERSIONS = 4  # of each item
JUDGED = 2  # of them validate, of validation items
BATCH = 256  # of pictures that teach nothing


@dataclass(frozen=True)
class ImagePairConfig(TorchConfig):
    """Settings for encoders of pictures, chosen for networks of a few million weights.

    What was erased from a network is learned after a plateau of some hundred steps, and at a high learning rate.
    """

    lr: float = 4e-3
    batch_size: int = 32
    epochs: int = 80
    patience: int = 80  # the loss of validation falls below that of the start after the plateau
    teach: float = 0.5  # share of the squared length of a vector that says what the reference sees
    retain: float = 0.5  # weight of holding what the target says in the directions that are held

    bounds: ClassVar[Mapping[str, tuple[float, float]]] = {
        **TorchConfig.bounds,
        "teach": (0.01, 0.99),
        "retain": (0, 1000),
    }


class ImagePairTrainer(TorchTrainer):
    """A :class:`~failscape.mitigation.trainers.base.Trainer` of the target of ``TwoEncoders``; the reference stays."""

    config_class: ClassVar[type[TrainingConfig]] = ImagePairConfig
    methods: ClassVar[Mapping[str, Method]] = {
        "full": Method("all weights", {}),
        "lora": Method(LOW_RANK, {"lr": 7e-3}),
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
        self.points = np.zeros((VERSIONS, len(self.items)), np.int64)  # of each version, rows of the grid
        self.told_apart = np.zeros(self.points.shape, bool)  # by the reference, from the clean picture
        self.directions, self.wanted, self.wanted_clean = self._lesson()

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
        drawn = batches(self.split.fit, self.items.group, self.config.batch_size, rng, self.config.balance)
        losses = (self._loss(batch, rng.integers(VERSIONS, size=len(batch)))[0] for batch in drawn)
        return self.descend(number, losses, optimizer, parameters, average, step)

    def validate(self, number: int, train_loss: float, best: float) -> Epoch:
        """The loss of validation items, and how many of their edited versions are still blind pairs."""
        losses, blind, judges = [], 0, self.split.validation
        for version in range(JUDGED):
            for start in range(0, len(judges), BATCH):
                batch = judges[start : start + BATCH]
                with torch.no_grad():
                    mean, alike = self._loss(batch, np.full(len(batch), version))
                losses.append(len(batch) * float(mean))
                blind += int((alike & self.told_apart[version, batch]).sum())
        n = JUDGED * len(judges)
        loss = float(np.sum(losses)) / n
        return Epoch(number, train_loss, loss, 0.0, blind / n, best=loss < best)

    def _loss(self, batch: np.ndarray, version: np.ndarray) -> tuple[torch.Tensor, np.ndarray]:
        """Of items (B,), clean and edited; and (B,) bool, which versions are alike to the clean picture."""
        edited = self._edited(batch, self.points[version, batch])
        shown = torch.cat([self.clean[batch], self.both.prepared(edited.pixels)])
        vectors = self.target.vectors(shown).cpu()
        clean, other = vectors.chunk(2)
        wanted = torch.cat([self.wanted_clean[batch], self.wanted[version, batch]])
        moved = self.directions.moved(vectors, wanted)
        loss = (vectors - wanted).square().sum(dim=1).mean() + self.config.retain * moved
        return loss, ((clean * other).sum(dim=1) > self.reward.above).numpy(force=True)

    def _lesson(self) -> tuple[TaughtVectors, torch.Tensor, torch.Tensor]:
        """Draw the versions; directions, and the vectors that versions (V, N, F) and clean pictures (N, F) learn."""
        rng = np.random.default_rng((self.config.seed, 2))
        items, clean = np.sort(np.concatenate(self.split)), self.reward.clean
        looked = [self._look(items, version, rng) for version in range(VERSIONS)]
        differences = [self._blind(items, version, seen) for version, seen in enumerate(looked)]
        if not sum(map(len, differences)):
            raise UsageError(
                f"none of {VERSIONS * len(self.split.fit):,} pairs of the failure modes is blind; explore again"
            )
        teaches = np.flatnonzero(np.isin(items, self.split.fit))
        shown = PairOutputs.joined([clean.rows(self.split.fit), *(seen.rows(teaches) for seen in looked)])
        directions = taught_vectors(shown.target, shown.reference, torch.cat(differences), self.config.teach)
        wanted_clean = directions.wanted(clean.target, clean.reference)
        wanted = wanted_clean.repeat(VERSIONS, 1, 1)
        for version, seen in enumerate(looked):
            wanted[version, items] = directions.wanted(seen.target, seen.reference)
        return directions, wanted, wanted_clean

    def _look(self, items: np.ndarray, version: int, rng: np.random.Generator) -> PairOutputs:
        """Draw a version of items (M,); what both encoders make of it."""
        self.points[version, items] = draw_points(self.failures, self.items.group[items], rng)
        batches_of = np.array_split(items, max(1, len(items) // BATCH))
        parts = [self.both(self._edited(batch, self.points[version, batch]).pixels) for batch in batches_of]
        return PairOutputs.joined(parts)

    def _blind(self, items: np.ndarray, version: int, seen: PairOutputs) -> torch.Tensor:
        """The reference's differences in those pairs of items (M,) and their version that are blind, and teach."""
        clean = self.reward.clean.rows(items)
        apart = (seen.reference * clean.reference).sum(dim=1) < self.reward.below
        self.told_apart[version, items] = apart.numpy()
        alike = (seen.target * clean.target).sum(dim=1) > self.reward.above
        rows = alike & apart & torch.from_numpy(np.isin(items, self.split.fit))
        return (seen.reference - clean.reference)[rows]

    def _edited(self, batch: np.ndarray, points: np.ndarray) -> Pictures:
        """Items (B,) edited at rows of the grid (B,)."""
        edited: Pictures = self.space.apply(self.pictures.take(batch), self.space.point(points), batch)
        return edited
