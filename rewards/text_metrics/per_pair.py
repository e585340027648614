"""Metrics of text: what a score of one summary becomes for a batch of them.

Shapes: ``B`` batch.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import numpy as np

Metric = Callable[[np.ndarray, np.ndarray], np.ndarray]  # candidates (B,), references (B,) of str in, (B,) float32 out
Score = Callable[[str, str], float]  # a candidate and its reference in, their score out


def settled(candidates: np.ndarray, references: np.ndarray) -> np.ndarray:
    """Scores that no metric need work out: ``(B,), (B,) -> (B,)`` float32, NaN where one must.

    1 where both texts are the same but for white space (two empty ones, too), 0 where one of them is empty. So a
    perfect summary of a single word or without any letter is perfect in every metric, also where a formula has nothing
    to divide by.
    """
    words = [
        (candidate.split(), reference.split()) for candidate, reference in zip(candidates, references, strict=True)
    ]
    return np.array([1.0 if own == wanted else np.nan if own and wanted else 0.0 for own, wanted in words], np.float32)


def per_pair(score: Score) -> Metric:
    """A metric that scores one pair after the other, cut to [0, 1]; equal and empty texts are settled before.

    Made to decorate: the metric keeps the name and the words of the score.
    """

    @wraps(score)
    def metric(candidates: np.ndarray, references: np.ndarray) -> np.ndarray:
        scores = settled(candidates, references)
        for row in np.flatnonzero(np.isnan(scores)):
            scores[row] = min(max(score(candidates[row], references[row]), 0.0), 1.0)
        return scores

    return metric
