"""How a summarizer is taught and judged: by what it should write of articles as they are and edited.

Shapes: ``N`` items, ``B`` batch, ``K`` concepts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from failscape.concepts.label_effect import INVALIDATED
from failscape.concepts.space import UNEDITED
from failscape.envs.mdp import ConceptMDP
from failscape.errors import UsageError
from failscape.mitigation.batches import Failures, Split, draw_points, epoch
from failscape.mitigation.lesson import Epoch, Step
from failscape.mitigation.recipe import Recipe
from failscape.mitigation.seq2seq import Pairs, Teaching, teach_epoch, token_loss
from failscape.mitigation.state import Weights

VALIDATION_DRAWS = 2  # points at which each judging item is edited
BATCH = 64  # of evaluations
SEEDS = 2**62  # chances that an edit may have


class TextLesson:
    """A :class:`~failscape.mitigation.lesson.Lesson` for summarizers.

    Of an edited article the reference is taught as the edit left it; where the edit may have invalidated it, or
    where there is none, the summary that the target gave of the unedited article. An article with neither, or of
    which the edit has left nothing, is not taught.

    While an item is edited alike in every exploration, a fine-tune edits it anew in each epoch (other words are
    misspelt, other sentences swapped), so that the kind of edit is learned and not its draws. Validation items are
    edited as explorations edit them.

    Of the articles shown beside them a share is edited where no mode to be mended lies: what the target bears with
    there it would forget otherwise. Edits that may invalidate the reference are left out of that, for what they took
    away must not be made up.

    Args:
        mdp: target, items, edits, and how summaries are judged.
        failures: the modes to mend.
        split: which items teach, and which judge.
        recipe: how.

    Raises:
        UsageError: nothing could be taught.
    """

    def __init__(self, mdp: ConceptMDP, failures: Sequence[Failures], split: Split, recipe: Recipe) -> None:
        self.mdp, self.failures, self.split, self.recipe = mdp, failures, split, recipe
        self.target: Any = mdp.target
        rng = np.random.default_rng((recipe.seed, 2))
        self.judging = np.tile(split.validation, VALIDATION_DRAWS)
        self.judging_points = mdp.space.point(draw_points(failures, mdp.items.references[self.judging], rng))
        self.elsewhere = self._elsewhere() if recipe.rehearse else np.zeros((0, 1), np.int64)
        self.kept_points = self._beside(split.validation, 1.0, rng)
        if not all(len(self.pairs(items, self._unedited(items), items)) for items in split):
            raise UsageError("the articles have no references, and the target says nothing of them: nothing to teach")

    def teach(
        self,
        number: int,
        optimizer: torch.optim.Optimizer,
        parameters: list[torch.nn.Parameter],
        average: Weights,
        step: Step | None,
    ) -> float:
        """One epoch, which also moves ``average``; returns its mean loss. Chance depends on seed and number alone."""
        return teach_epoch(self.target, self.batches(number), Teaching(number, optimizer, average, self.recipe), step)

    def judge(self, number: int, train_loss: float, best: float) -> Epoch:
        """Cross-entropy per token, mean of edited items and others, and the share of summaries that fail."""
        clean = self.split.validation
        clean_loss, clean_error = self._judged(clean, self._unedited(clean))
        edited_loss, edited_error = self._judged(self.judging, self.judging_points)
        kept_loss = token_loss(self.target, self.pairs(clean, self.kept_points, clean))
        loss = (edited_loss + (clean_loss + kept_loss) / 2) / 2
        return Epoch(number, train_loss, loss, clean_error, edited_error, best=loss < best)

    def batches(self, number: int) -> list[Pairs]:
        """What an epoch shows, in order: in each batch items edited where they fail, and the same items otherwise."""
        rng = np.random.default_rng((self.recipe.seed, 3, number))
        own = self.mdp.items.references
        drawn = epoch(
            self.failures, self.mdp.space, self.split.fit, own, self.recipe.batch_size, rng, self.recipe.balance
        )
        batches = []
        for items, points in drawn:
            edited = self.pairs(items, points, rng.integers(SEEDS, size=len(items)))
            beside = self._beside(items, self.recipe.rehearse, rng)
            batches.append(edited + self.pairs(items, beside, rng.integers(SEEDS, size=len(items))))
        return [batch for batch in batches if batch]

    def pairs(self, items: np.ndarray, points: np.ndarray, seeds: np.ndarray) -> Pairs:
        """Articles of items ``(B,)`` edited at points ``(B, K)`` by chance of ``seeds`` ``(B,)``, and what to write.

        Those are left out of which there is nothing to read, or nothing to write.
        """
        texts = self.mdp.items.rows(items)
        edits = (points != UNEDITED).any(axis=1)
        if edits.any():
            texts[edits] = self._edited(items[edits], points[edits], seeds[edits])
        wanted = texts[:, 1].copy()
        loose = (wanted == "") | (self.mdp.space.label_effect(points) == INVALIDATED)
        wanted[loose] = self.mdp.looks.said[items[loose]]
        return [(str(a), str(w)) for a, w in zip(texts[:, 0], wanted, strict=True) if a.strip() and w.strip()]

    def _edited(self, items: np.ndarray, points: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        """What the edits make of the items ``(B, 2)``; to the MDP their chance is the item."""
        state = self.mdp.at(items, points)._replace(items=seeds)
        edited: np.ndarray = self.mdp.edited(state, self.mdp.items.rows(items))
        return edited

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
        some, labels, elsewhere = rng.random(len(items)) < share, self.mdp.items.references[items], self.elsewhere
        for label in np.unique(labels[some]):
            own = elsewhere[self.mdp.space.suits(elsewhere, np.full(len(elsewhere), label))]
            rows = some & (labels == label)
            if len(own):
                points[rows] = rng.choice(own, int(rows.sum()))
        return points

    def _unedited(self, items: np.ndarray) -> np.ndarray:
        return np.full((len(items), len(self.mdp.space.shape)), UNEDITED)

    def _judged(self, items: np.ndarray, points: np.ndarray) -> tuple[float, float]:
        """Cross-entropy per token of what should be written, and the share of the summaries written that fail."""
        failed = 0
        for start in range(0, len(items), BATCH):
            batch = slice(start, start + BATCH)
            failed += int(self.mdp.evaluate(self.mdp.at(items[batch], points[batch])).failed.sum())
        return token_loss(self.target, self.pairs(items, points, items)), failed / len(items)
