"""Metrics of text: what a score of one summary becomes for a batch of them.

Shapes: ``B`` batch.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import numpy as np

from failscape.common.references import references_of

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


def best_of(metric: Metric) -> Metric:
    """The metric for references of which there may be several: a summary has the score beside the closest one."""

    @wraps(metric)
    def best(candidates: np.ndarray, references: np.ndarray) -> np.ndarray:
        each = [references_of(str(reference)) for reference in references]
        counts = [len(some) for some in each]
        if not counts or max(counts) == 1:
            return metric(candidates, references)
        flat = np.array([reference for some in each for reference in some], object)
        scores = metric(np.repeat(np.asarray(candidates, object), counts), flat)
        return np.maximum.reduceat(scores, np.cumsum([0, *counts[:-1]]))

    return best


def per_pair(score: Score) -> Metric:
    """A metric that scores one pair after the other, cut to [0, 1]; equal and empty texts are settled before.

    Of several references of a summary the best score counts.

    Made to decorate: the metric keeps the name and the words of the score.
    """

    @wraps(score)
    def metric(candidates: np.ndarray, references: np.ndarray) -> np.ndarray:
        scores = settled(candidates, references)
        for row in np.flatnonzero(np.isnan(scores)):
            scores[row] = min(max(score(candidates[row], references[row]), 0.0), 1.0)
        return scores

    return best_of(metric)
