"""Whether a target is a function of what it is shown: the same items again, in another order and other company.

Shapes: ``N`` items, ``B`` of them asked again.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

from failscape.data.base import Items
from failscape.errors import UsageError
from failscape.rewards.base import Evaluation, Judgement, Reward
from failscape.targets.base import Target
from failscape.targets.outputs import Outputs

SAMPLE = 64  # items that are asked again, at most
TOGETHER = 16  # of them in a batch, at most
MOVED = 0.01  # of a probability or a score: by less, an answer is the same
LAST_BITS = 1e-4  # likewise, where another class is named: two were as good as equal


class SecondLook(NamedTuple):
    """What came of asking some items again."""

    caveats: tuple[str, ...]  # a sentence, where answers depend on the rest of the batch
    n_queries: int


class _Answers(NamedTuple):
    """Answers to the items that are asked again, in one order."""

    judgement: Judgement
    texts: np.ndarray  # (B,) object of str

    def moved(self, other: _Answers) -> tuple[np.ndarray, float]:
        """Which answers are others ``(B,)`` bool, and by how much a score or a confidence moved at most."""
        mine, theirs = self.judgement, other.judgement
        change = np.maximum(_apart(mine.score, theirs.score), _apart(mine.confidence, theirs.confidence))
        another = _apart(mine.predicted, theirs.predicted) > 0
        moved = (self.texts != other.texts) | (change > MOVED) | (another & (change > LAST_BITS))
        return moved, float(change.max(initial=0))


def second_look(target: Target, outputs: Outputs, items: Items, judge: Reward) -> SecondLook:
    """Ask up to 64 of the items again, and hear whether the answers are those of the first look.

    They come in another order and in smaller batches. Where answers moved, the very same batches are asked once more:
    a target whose answers move again draws lots and is refused, for nothing that it is found to fail on could be made
    again. One whose answers stay depends on what else is in a batch, which is said. Seeds are what they were.

    Args:
        target: the model under study.
        outputs: of the first look, ``N`` rows.
        items: that it was shown.
        judge: says how right an answer is.

    Raises:
        UsageError: equal questions have different answers.
    """
    rows = np.random.default_rng(0).permutation(len(items))[:SAMPLE]
    size = max(1, min(TOGETHER, len(rows) // 2))  # never all items at once, as they were at first

    def judged(outputs: Outputs) -> _Answers:
        batch = items.batch.take(rows).to("cpu")
        points = np.full((len(rows), 0), -1, np.int64)
        return _Answers(judge(Evaluation(rows, points, batch, batch, outputs)), outputs.output_text())

    def ask() -> _Answers:
        parts = [rows[start : start + size] for start in range(0, len(rows), size)]
        answers = [target(items.batch.take(part).inputs, seeds=[0] * len(part)).to("cpu") for part in parts]
        return judged(answers[0].joined(answers))

    first, again = judged(outputs.rows(rows)), ask()
    moved, change = first.moved(again)
    if not moved.any():
        return SecondLook((), len(rows))
    lots, by_lot = again.moved(ask())
    n = len(rows)
    if lots.any():
        raise UsageError(
            f"{target.name} answers the same question differently each time ({_how_many(lots, by_lot)}), so that no "
            "failure could be made again; switch off what is random in it (dropout that ignores eval(), sampling), or "
            "let it draw by the seeds it is given"
        )
    return SecondLook(
        (
            f"answers of {target.name} depend on which items are asked together: in other batches, "
            f"{_how_many(moved, change)}; a probe that is made again need not be answered as it was",
        ),
        2 * n,
    )


def _how_many(moved: np.ndarray, change: float) -> str:
    by = f", by up to {change:.2g}" if change > LAST_BITS else ""
    return f"{int(moved.sum())} of {len(moved)} answers moved{by}"


def _apart(one: torch.Tensor, other: torch.Tensor) -> np.ndarray:
    return np.asarray((one.double() - other.double()).abs().cpu())
