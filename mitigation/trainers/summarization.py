"""How summarizers are fine-tuned and validated: by what they should write of articles as they are and edited.

Shapes: ``N`` items, ``B`` batch, ``K`` concepts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

from failscape.common.references import references_of
from failscape.concepts.label_effect import INVALIDATED
from failscape.concepts.space import UNEDITED
from failscape.data.batch import Articles
from failscape.envs.mdp import ConceptMDP
from failscape.errors import UsageError
from failscape.mitigation.checkpoint import Weights
from failscape.mitigation.config import Method, TorchConfig, TrainingConfig
from failscape.mitigation.loop import TorchTrainer
from failscape.mitigation.sampling import Failures, draw_points, epoch
from failscape.mitigation.trainable import LOW_RANK
from failscape.mitigation.trainers.base import Epoch, Step
from failscape.mitigation.trainers.seq2seq import EpochOf, Pairs, TrainableSummarizer, token_loss, train_pairs
from failscape.rewards.summarization import nothing_says

VALIDATION_DRAWS = 2  # points at which each validation item is edited
BATCH = 64  # of evaluations
SEEDS = 2**62  # chances that an edit may have


@dataclass(frozen=True)
class SummarizationConfig(TorchConfig):
    """Settings for summarizers.

    Found on validation items of the embedded summarizer (1.7 million weights, trained at 1e-3). Models of hundreds of
    millions are fine-tuned at a thirtieth of these learning rates.
    """

    lr: float = 7e-4
    batch_size: int = 16
    average: float = 0.9
    patience: int = 3
    rehearse: float = 0.9  # share of the other half that is edited elsewhere on the grid

    bounds: ClassVar[Mapping[str, tuple[float, float]]] = {**TorchConfig.bounds, "rehearse": (0, 1)}


class SummarizationTrainer(TorchTrainer):
    """A :class:`~failscape.mitigation.trainers.base.Trainer` of summarizers.

    The training target of an edited article is the reference as the edit left it, of several another one in each
    epoch; where the edit may have invalidated
    it, or where there is none, the summary that the target wrote of the unedited article. An article with neither, or
    of which the edit has left nothing, is left out.

    While an item is edited alike in every exploration, a fine-tune edits it anew in each epoch (other words are
    misspelt, other sentences swapped), so that the kind of edit is learned and not one realisation of it.
    Validation items are edited as explorations edit them.

    A share of the other training articles is edited outside the targeted modes (rehearsal): otherwise the target
    would forget the edits that it withstands. Edits that may invalidate the reference are left out of rehearsal, so
    that the target does not learn to write what the article no longer says.

    Raises:
        UsageError: no training example is left.
    """

    config_class: ClassVar[type[TrainingConfig]] = SummarizationConfig
    methods: ClassVar[Mapping[str, Method]] = {
        "full": Method("all weights", {}),
        "lora": Method(LOW_RANK, {"lr": 3e-3, "rank": 32, "epochs": 24}),
    }
    target_class = TrainableSummarizer
    config: SummarizationConfig

    def __init__(self, mdp: ConceptMDP, failures: Sequence[Failures], config: SummarizationConfig) -> None:
        super().__init__(mdp, failures, config)
        assert isinstance(self.items.batch, Articles)
        self.articles = self.items.batch
        rng = np.random.default_rng((config.seed, 2))
        self.validation = np.tile(self.split.validation, VALIDATION_DRAWS)
        self.validation_points = mdp.space.point(draw_points(failures, mdp.items.group[self.validation], rng))
        self.elsewhere = self._elsewhere() if config.rehearse else np.zeros((0, 1), np.int64)
        self.kept_points = self._beside(self.split.validation, 1.0, rng)
        if not all(len(self.pairs(items, self._unedited(items), items)) for items in self.split):
            raise UsageError("the articles have no references, and the target says nothing of them: nothing to teach")

    def train_epoch(
        self,
        number: int,
        optimizer: torch.optim.Optimizer,
        parameters: list[torch.nn.Parameter],
        average: Weights,
        step: Step | None,
    ) -> float:
        """One epoch, which also moves ``average``; returns its mean loss. Chance depends on seed and number alone."""
        epoch_of = EpochOf(number, optimizer, average, self.config)
        return train_pairs(self.target, self.batches(number), epoch_of, step)

    def validate(self, number: int, train_loss: float, best: float) -> Epoch:
        """Cross-entropy per token, mean of edited items and others, and the share of summaries that fail."""
        clean = self.split.validation
        clean_loss, clean_error = self._losses(clean, self._unedited(clean))
        edited_loss, edited_error = self._losses(self.validation, self.validation_points)
        kept_loss = token_loss(self.target, self.pairs(clean, self.kept_points, clean))
        loss = (edited_loss + (clean_loss + kept_loss) / 2) / 2
        return Epoch(number, train_loss, loss, clean_error, edited_error, best=loss < best)

    def batches(self, number: int) -> list[Pairs]:
        """What an epoch shows, in order: in each batch items edited where they fail, and the same items otherwise."""
        rng = np.random.default_rng((self.config.seed, 3, number))
        own = self.mdp.items.group
        drawn = epoch(
            self.failures, self.mdp.space, self.split.fit, own, self.config.batch_size, rng, self.config.balance
        )
        batches = []
        for items, points in drawn:
            edited = self.pairs(items, points, rng.integers(SEEDS, size=len(items)))
            beside = self._beside(items, self.config.rehearse, rng)
            batches.append(edited + self.pairs(items, beside, rng.integers(SEEDS, size=len(items))))
        return [batch for batch in batches if batch]

    def pairs(self, items: np.ndarray, points: np.ndarray, seeds: np.ndarray) -> Pairs:
        """Articles of items ``(B,)`` edited at points ``(B, K)`` by chance of ``seeds`` ``(B,)``, and what to write.

        Those are left out of which there is nothing to read, or nothing to write.
        """
        before, edits = self.articles.take(items), (points != UNEDITED).any(axis=1)
        articles, effects = before, self.mdp.space.label_effect(points)
        if edits.any():
            articles = before.put(np.flatnonzero(edits), self._edited(items[edits], points[edits], seeds[edits]))
        wanted = articles.reference.copy()
        loose = (wanted == "") | (effects == INVALIDATED)
        wanted[loose] = self.mdp.baseline.output_text[items[loose]]
        wanted[nothing_says(effects, before, articles)] = ""
        wanted[:] = [_one_of(references_of(w), seed) for w, seed in zip(wanted, seeds.tolist(), strict=True)]
        return [(str(a), str(w)) for a, w in zip(articles.text, wanted, strict=True) if a.strip() and w.strip()]

    def _edited(self, items: np.ndarray, points: np.ndarray, seeds: np.ndarray) -> Articles:
        """What the edits make of the items ``(B,)``; to the MDP their chance is the item."""
        state = self.mdp.at(items, points)._replace(items=seeds)
        return self.mdp.edited(state, self.articles.take(items))

    def _elsewhere(self) -> np.ndarray:
        """Points of the grid that no mode holds, and of whose edits the reference holds: ``(M, K)``."""
        space = self.mdp.space
        rows = np.setdiff1d(np.arange(space.n_points), np.concatenate([mode.points for mode in self.failures]))
        points = space.point(rows)
        return points[space.label_effect(points) != INVALIDATED]

    def _beside(self, items: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
        """Points ``(B, K)`` for the items of which a share is edited elsewhere, and the others are not."""
        points = self._unedited(items)
        if not len(self.elsewhere):
            return points
        some, labels, elsewhere = rng.random(len(items)) < share, self.mdp.items.group[items], self.elsewhere
        for label in np.unique(labels[some]):
            own = elsewhere[self.mdp.space.suits(elsewhere, np.full(len(elsewhere), label))]
            rows = some & (labels == label)
            if len(own):
                points[rows] = rng.choice(own, int(rows.sum()))
        return points

    def _unedited(self, items: np.ndarray) -> np.ndarray:
        return np.full((len(items), len(self.mdp.space.shape)), UNEDITED)

    def _losses(self, items: np.ndarray, points: np.ndarray) -> tuple[float, float]:
        """Cross-entropy per token of what should be written, and the share of the summaries written that fail."""
        failed = 0
        for start in range(0, len(items), BATCH):
            batch = slice(start, start + BATCH)
            failed += int(self.mdp.evaluate(self.mdp.at(items[batch], points[batch])).failed.sum())
        return token_loss(self.target, self.pairs(items, points, items)), failed / len(items)


def _one_of(references: Sequence[str], seed: int) -> str:
    return references[seed % len(references)]
