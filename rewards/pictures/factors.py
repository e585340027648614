"""A judge of factors as scorer: is everything that the prompt asks for in the picture?

Shapes: ``B`` batch, ``F`` factors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from failscape.data.prompts.batch import Prompts
from failscape.data.prompts.book import Asks
from failscape.errors import UsageError, did_you_mean
from failscape.rewards.pictures.base import AS_ASKED, Scored
from failscape.targets.classifiers.factor_judge import FactorJudge

CANNOT_TELL = "cannot be told"


class FactorScorer:
    """Reads from a picture the factors that its prompt asks for.

    The score is the share of them that the judge reads as they were asked for. Something is wrong where it reads one as
    another value, or cannot tell it: a picture of which nothing can be told shows nothing of what was asked. What is
    wrong is named after the first such factor, in the judge's order: ``color: yellow``, ``count cannot be told``.

    Args:
        judge: reads factors.
        asks: what prompts ask for.

    Raises:
        UsageError: prompts ask for a factor or a value that the judge does not know.
    """

    range = (0.0, 1.0)
    threshold: tuple[float, ...] | None = None

    def __init__(self, judge: FactorJudge, asks: Asks) -> None:
        self.judge, self.asks, self.name = judge, asks, judge.name
        check_asked(judge.name, judge.factors, asks)
        self.codes: dict[tuple[str, str | None], int] = {}
        names = [AS_ASKED]
        for factor, values in judge.factors.items():
            for value in (*values, None):
                self.codes[factor, value] = len(names)
                names.append(f"{factor} {CANNOT_TELL}" if value is None else f"{factor}: {value}")
        self.answers = tuple(names)
        self.blind_to = f"all but {', '.join(judge.factors)}, and what the prompt does not name"

    def __call__(self, prompts: Prompts, pictures: torch.Tensor) -> Scored:
        """Scores in [0, 1] of pictures ``(B, 3, H, W)`` uint8; NaN where a prompt asks for nothing."""
        verdicts = self.judge(pictures)
        asked = self.asks.of(prompts)
        score = np.full(len(asked), np.nan, np.float32)
        wrong, confidence = np.zeros(len(asked), np.int64), np.ones(len(asked), np.float32)
        places = {factor: place for place, factor in enumerate(self.judge.factors)}
        for row, wanted in enumerate(asked):
            read = {factor: self._read(verdicts.values[row], factor, places[factor]) for factor in wanted}
            others = sorted((factor for factor in wanted if read[factor] != wanted[factor]), key=places.__getitem__)
            if wanted:
                score[row] = 1 - len(others) / len(wanted)
                decisive = others[:1] or list(wanted)
                confidence[row] = min(verdicts.certainty[row, places[factor]] for factor in decisive)
            if others:
                wrong[row] = self.codes[others[0], read[others[0]]]
        return Scored(score, wrong, confidence)

    def _read(self, values: np.ndarray, factor: str, place: int) -> str | None:
        return None if values[place] < 0 else self.judge.factors[factor][values[place]]


def check_asked(judge: str, factors: Mapping[str, Sequence[str]], asks: Asks) -> None:
    """Refuse what a judge cannot read.

    Raises:
        UsageError: prompts ask for a factor or a value that it does not know.
    """
    for wanted in (*asks.templates.values(), *asks.values.values()):
        for factor, value in wanted.items():
            if factor not in factors:
                raise UsageError(f"{judge} reads no factor {factor!r}{did_you_mean(factor, factors)}")
            if value not in factors[factor]:
                raise UsageError(f"{judge} reads no {factor} {value!r}{did_you_mean(value, factors[factor])}")
