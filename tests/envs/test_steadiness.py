"""Targets that are no functions are noticed at the first look: some draw lots, some look at the rest of the batch."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from failscape.data.base import Items
from failscape.data.batch import Articles, Rows
from failscape.envs.baseline import BaselineOutputs
from failscape.envs.mdp import ConceptMDP
from failscape.envs.tasks.toy import ToyTarget, make_mdp, toy_items
from failscape.errors import UsageError
from failscape.rewards.base import Evaluation, Judgement
from failscape.rewards.classification import margin
from failscape.targets.outputs import ClassifierOutputs, SummarizerOutputs


class Changed(ToyTarget):
    """The toy with another forward."""

    def __call__(self, inputs: torch.Tensor, seeds: Sequence[int] | None = None) -> ClassifierOutputs:
        outputs = super().__call__(inputs)
        return ClassifierOutputs(self.changed(outputs.logits, seeds), outputs.features)

    def changed(self, logits: torch.Tensor, seeds: Sequence[int] | None) -> torch.Tensor:
        return logits


class Dropout(Changed):
    """Functional dropout that nobody told of ``eval()``."""

    def changed(self, logits: torch.Tensor, seeds: Sequence[int] | None) -> torch.Tensor:
        return F.dropout(logits, 0.5)


class Seeded(Changed):
    """Draws lots, by the seeds that it is given."""

    def changed(self, logits: torch.Tensor, seeds: Sequence[int] | None) -> torch.Tensor:
        assert seeds is not None and len(seeds) == len(logits)
        noise = [torch.randn(2, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
        return logits + torch.stack(noise)


class BatchNormalised(Changed):
    """Statistics of the batch instead of those of the training data."""

    def changed(self, logits: torch.Tensor, seeds: Sequence[int] | None) -> torch.Tensor:
        return logits - logits.mean(dim=0)


class Padded(Changed):
    """Answers alike but for the last bits, which depend on how many are asked together."""

    def changed(self, logits: torch.Tensor, seeds: Sequence[int] | None) -> torch.Tensor:
        return logits * (1 + 1e-6 * len(logits))


def test_a_function_is_asked_a_sample_again_and_nothing_is_said() -> None:
    target, items = ToyTarget(), toy_items(300)
    baseline = BaselineOutputs.take(target, items, margin)
    assert baseline.caveats.tolist() == [] and baseline.n_queries == target.n_queries == 300 + 64


@pytest.mark.parametrize("n", [5, 40])
def test_lots_are_refused_with_the_remedy(n: int) -> None:
    torch.manual_seed(1)
    with pytest.raises(UsageError, match=r"differently each time \(\d+ of \d+ answers moved, by up to .*dropout that"):
        BaselineOutputs.take(Dropout(), toy_items(n), margin)


def test_lots_that_follow_the_seeds_are_a_function() -> None:
    assert BaselineOutputs.take(Seeded(), toy_items(), margin).caveats.tolist() == []


def test_what_depends_on_the_batch_is_told_apart_and_said() -> None:
    target = BatchNormalised()
    baseline = BaselineOutputs.take(target, toy_items(), margin)
    (said,) = baseline.caveats.tolist()
    assert "depend on which items are asked together" in said and "of 40 answers moved, by up to" in said
    assert baseline.n_queries == target.n_queries == 40 + 2 * 40
    toy = make_mdp()
    mdp = ConceptMDP(target, toy.space, toy.items, toy.reward, baseline, caveats=["own"])
    assert mdp.caveats == ("own", said), "a run says it"
    assert mdp.with_evaluator(mdp.evaluator).caveats == mdp.caveats


def test_last_bits_are_no_alarm() -> None:
    assert BaselineOutputs.take(Padded(), toy_items(), margin).caveats.tolist() == []
    tie = Items(Rows(torch.zeros(8, 2), torch.zeros(8).long()), np.zeros(8, int), tuple("abcdefgh"), np.arange(8) < 2)

    class Tied(Changed):
        """Two classes as good as equal, of which the last bits choose one."""

        def changed(self, logits: torch.Tensor, seeds: Sequence[int] | None) -> torch.Tensor:
            return logits + torch.tensor([0.0, 1e-6 if len(logits) > 4 else -1e-6])

    assert BaselineOutputs.take(Tied(), tie, margin).caveats.tolist() == []


class Writer:
    """Writes what ``write`` makes of a batch of articles."""

    name = task = "writer"

    def __init__(self, write: Any) -> None:
        self.write, self.n_queries = write, 0

    def __call__(self, inputs: Any, seeds: Sequence[int] | None = None) -> SummarizerOutputs:
        self.n_queries += len(inputs)
        texts = np.array([*self.write(list(inputs)), ""], object)[:-1]
        return SummarizerOutputs(texts, torch.zeros(len(texts), 2), np.zeros(len(texts), bool))


def all_right(evaluation: Evaluation) -> Judgement:
    ones = torch.ones(len(evaluation.items))
    return Judgement(-ones, ones < 0, 0 * ones, (0 * ones).long(), ones, ones)


def test_texts_that_change_are_answers_that_move() -> None:
    names = tuple(f"text {i}" for i in range(30))
    items = Items(Articles.of([(name, "") for name in names]), np.zeros(30, int), names, np.arange(30) < 6)
    rng = np.random.default_rng(0)

    def look(write: Any) -> list[str]:
        return BaselineOutputs.take(Writer(write), items, all_right).caveats.tolist()

    assert look(lambda texts: [text.upper() for text in texts]) == []
    (said,) = look(lambda texts: [f"{text} of {len(texts)}" for text in texts])
    assert "30 of 30 answers moved; a probe" in said
    with pytest.raises(UsageError, match=r"differently each time \(30 of 30 answers moved\)"):
        look(lambda texts: [f"{text} {rng.random()}" for text in texts])
